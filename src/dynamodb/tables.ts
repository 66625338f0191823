import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { type Backoff, type BackoffOptions, fullJitter } from '../backoff.ts';
import { UnavailableError } from '../errors.ts';
import type { Shape } from '../schema/shape.ts';
import { CONNECTION_KEY, EXPIRES, TABLE_KEYS, type TableKey } from '../schema/table-keys.ts';

/** The names of the tables that one pipeline needs. */
export interface TableNames {
  readonly control: string;
  readonly state: string;
  readonly results: readonly ResultTable[];
  readonly deadLetters: string;
  /** Places for late events, which are kept as dead letters are. */
  readonly lateEvents?: readonly string[];
  /** Who is connected to the WebSocket APIs that results are pushed to. */
  readonly connections?: readonly string[];
}

/** A table of results, and what it has one row of. */
export interface ResultTable {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Creates the tables that are not there yet, and returns when all can be used: for a local server
 * and for tests, as a deployment creates its tables itself. A server that knows neither streams nor
 * expiry is good enough.
 */
export async function createTables(client: DynamoDBClient, names: TableNames): Promise<void> {
  const create = (input: CreateTableCommandInput) => createTable(client, input);
  const protocol = keyed(TABLE_KEYS.protocol);
  const { connections = [] } = names;
  await Promise.all([
    create({ ...protocol, TableName: names.control, ...NEW_IMAGES }),
    create({ ...protocol, TableName: names.state }),
    ...[names.deadLetters, ...(names.lateEvents ?? [])].map((name) =>
      create({ ...keyed(TABLE_KEYS.letters), TableName: name }),
    ),
    ...names.results.map(({ name, shape }) =>
      create({ ...keyed(TABLE_KEYS[shape]), TableName: name }),
    ),
    ...connections.map((name) => create({ ...keyed(CONNECTION_KEY), TableName: name })),
  ]);
  const expiring = [names.control, names.state, ...connections];
  await Promise.all(expiring.map((name) => expireItems(client, name)));
}

function keyed(parts: TableKey) {
  return {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: parts.map(([name, type]) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: parts.map(([name], n) => ({
      AttributeName: name,
      KeyType: n === 0 ? 'HASH' : 'RANGE',
    })),
  } satisfies Partial<CreateTableCommandInput>;
}

const NEW_IMAGES = {
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
} satisfies Partial<CreateTableCommandInput>;

async function createTable(client: DynamoDBClient, input: CreateTableCommandInput): Promise<void> {
  await tolerating(client.send(new CreateTableCommand(input)), 'ResourceInUseException');
  await untilActive(client, input.TableName ?? '', fullJitter(POLLING));
}

async function untilActive(client: DynamoDBClient, table: string, poll: Backoff): Promise<void> {
  for (let tries = 0; tries < poll.triesMax; tries++) {
    const described = await client.send(new DescribeTableCommand({ TableName: table }));
    if (described.Table?.TableStatus === 'ACTIVE') return;
    await poll.pause(tries, undefined);
  }
  throw new UnavailableError(`table "${table}" is still not active`, {
    hint: 'Look at the table in the console, and start again once it is active.',
  });
}

/** To switch on what is on already is an error, so it is looked up before. */
async function expireItems(client: DynamoDBClient, table: string): Promise<void> {
  const state = new DescribeTimeToLiveCommand({ TableName: table });
  const known = await tolerating(client.send(state), 'UnknownOperationException');
  if (known?.TimeToLiveDescription?.TimeToLiveStatus !== 'DISABLED') return;
  const update = new UpdateTimeToLiveCommand({
    TableName: table,
    TimeToLiveSpecification: { AttributeName: EXPIRES, Enabled: true },
  });
  await tolerating(client.send(update), 'UnknownOperationException');
}

/** The reply, or `undefined` if it is the one error that does not matter. */
async function tolerating<T>(reply: Promise<T>, errorName: string): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof Error && error.name === errorName) return undefined;
    throw error;
  }
}

/** About two minutes: a new table of DynamoDB takes some ten seconds. */
const POLLING: BackoffOptions = { baseMs: 100, capMs: 2_000, triesMax: 120 };
