import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTables } from '../../src/dynamodb/tables.ts';
import { type LocalDynamo, localClient, startDynamo } from '../support/dynamodb.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';

let dynamo: LocalDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
}, 60_000);
afterAll(() => dynamo.stop());

test('tables can be used at once, and have their keys', async () => {
  const { control, state, result, deadLetters } = dynamo.names;
  expect(await Promise.all([control, state, result, deadLetters].map(keysOf))).toEqual([
    'ACTIVE pk S, sk S',
    'ACTIVE pk S, sk S',
    'ACTIVE key S, windowStart N',
    'ACTIVE lane S, position S',
  ]);
});

test('tables that are there already are left as they are', async () => {
  await createTables(dynamo.client, dynamo.names);
  expect(await keysOf(dynamo.names.control)).toBe('ACTIVE pk S, sk S');
});

test('two can create the same tables at the same time', async () => {
  const names = {
    control: 'both-c',
    state: 'both-s',
    results: windowsIn('both-r'),
    deadLetters: 'both-d',
  };
  await Promise.all([createTables(dynamo.client, names), createTables(dynamo.client, names)]);
  expect(await keysOf('both-r')).toBe('ACTIVE key S, windowStart N');
});

test('a table of results has the key that its shape asks for', async () => {
  const names = { ...dynamo.names, results: [] };
  for (const [shape, keys] of [
    ['windows', 'ACTIVE key S, windowStart N'],
    ['changes', 'ACTIVE key S'],
    ['events', 'ACTIVE key S, position S'],
  ] as const) {
    await createTables(dynamo.client, { ...names, results: [{ name: `of-${shape}`, shape }] });
    expect(await keysOf(`of-${shape}`)).toBe(keys);
  }
});

test('a table of connections has a key of its own', async () => {
  await createTables(dynamo.client, { ...dynamo.names, connections: ['who-is-there'] });
  expect(await keysOf('who-is-there')).toBe('ACTIVE channel S, connectionId S');
});

test('a server that does not know expiry is good enough', async () => {
  const proxy = await startFaultProxy(dynamo.endpoint);
  const unknown = { kind: 'answer', status: 400, type: 'UnknownOperationException' } as const;
  proxy.inject('DescribeTimeToLive', unknown, unknown);
  await createTables(localClient(proxy.endpoint), dynamo.names);
  await proxy.stop();
});

test('another failure than a table that exists is thrown', async () => {
  const proxy = await startFaultProxy(dynamo.endpoint);
  proxy.inject('CreateTable', { kind: 'answer', status: 400, type: 'AccessDeniedException' });
  const creating = createTables(localClient(proxy.endpoint), dynamo.names);
  await expect(creating).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await proxy.stop();
});

test('items of the protocol expire and control is watched, where the server can', async () => {
  const { client, sent } = recordingClient();
  await createTables(client, {
    control: 'c',
    state: 's',
    results: windowsIn('r'),
    deadLetters: 'd',
  });
  const inputs = (command: string) => sent.filter(({ name }) => name === command);
  const streams = inputs('CreateTableCommand').map(({ input }) => [
    input.TableName,
    (input.StreamSpecification as { StreamViewType?: string } | undefined)?.StreamViewType,
  ]);
  expect(streams).toEqual([
    ['c', 'NEW_IMAGE'],
    ['s', undefined],
    ['d', undefined],
    ['r', undefined],
  ]);
  expect(inputs('UpdateTimeToLiveCommand').map(({ input }) => input)).toEqual(
    ['c', 's'].map((TableName) => ({
      TableName,
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    })),
  );
});

async function keysOf(table: string): Promise<string> {
  const { Table } = await dynamo.client.send(new DescribeTableCommand({ TableName: table }));
  const typeOf = (name: string | undefined) =>
    Table?.AttributeDefinitions?.find((part) => part.AttributeName === name)?.AttributeType;
  const keys = Table?.KeySchema?.map(
    ({ AttributeName }) => `${AttributeName} ${typeOf(AttributeName)}`,
  );
  return `${Table?.TableStatus} ${keys?.join(', ')}`;
}

interface Sent {
  readonly name: string;
  readonly input: Record<string, unknown>;
}

/** Answers as DynamoDB would, which the local server cannot: it knows neither streams nor expiry. */
function recordingClient(): { client: DynamoDBClient; sent: Sent[] } {
  const sent: Sent[] = [];
  const send = async (command: {
    input: Record<string, unknown>;
    constructor: { name: string };
  }) => {
    sent.push({ name: command.constructor.name, input: command.input });
    return {
      Table: { TableStatus: 'ACTIVE' },
      TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' },
    };
  };
  return { client: { send } as unknown as DynamoDBClient, sent };
}

function windowsIn(name: string) {
  return [{ name, shape: 'windows' as const }];
}
