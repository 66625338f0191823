import { randomUUID } from 'node:crypto';
import {
  CreateStreamCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { clients } from '../../src/cli/start/deployment.ts';
import { createTables } from '../../src/dynamodb/tables.ts';
import { bucketKey } from '../../src/engine/keys.ts';
import type { Resource, Resources } from '../../src/environment.ts';
import type { Plan } from '../../src/index.ts';
import { lambdaHandler } from '../../src/runtime/lambda/index.ts';
import { startEmbedded } from '../../src/runtime/local/embedded.ts';
import { startLocalRuntime } from '../../src/runtime/local/local-runtime.ts';
import { deadLetterTable } from '../../src/sinks/dynamodb-dead-letters.ts';
import { tableSink } from '../../src/sinks/dynamodb-table.ts';
import { readDeadLetters, type StoredDeadLetter } from '../../src/sinks/read-dead-letters.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import type { Row } from '../../src/sinks/row.ts';
import { kinesisSource } from '../../src/sources/kinesis.ts';
import { dynamoStore } from '../../src/store/dynamodb.ts';
import { sinksOf } from '../../src/topology/plan.ts';
import { until } from '../end-to-end/until.ts';

/** Embedded servers, and clients of them. */
export interface LocalServers extends ReturnType<typeof clients> {
  /** The AWS environment of whoever shall reach them. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<LocalServers> {
  const embedded = await startEmbedded();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const { kinesis, dynamodb } = clients({ ...embedded, region: 'us-east-1', credentials });
  return {
    kinesis,
    dynamodb,
    env: {
      AWS_ENDPOINT_URL_KINESIS: embedded.kinesisEndpoint,
      AWS_ENDPOINT_URL_DYNAMODB: embedded.dynamodbEndpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    async stop() {
      kinesis.destroy();
      dynamodb.destroy();
      await embedded.stop();
    },
  };
}

/** A plan with streams and tables of its own, and its function. */
export interface LocalPipeline {
  /** What a deployment would tell the functions. */
  readonly resources: Resources;
  /** Puts each lane of events into a shard of the stream. */
  put(stream: string, lanes: readonly (readonly object[])[]): Promise<void>;
  /**
   * Lets pollers, the control table's watcher and the schedule call the function, until every stage has
   * fired through an instant, ms. Resolves with what they called it for, in order: `tick`, or the names of
   * buckets that changed.
   */
  run(through: number): Promise<readonly string[]>;
  rows(sink: string): Promise<Row[]>;
  letters(): Promise<StoredDeadLetter[]>;
}

const SHARDS = 2;

/**
 * Streams of two shards, tables, and the Lambda handler of the plan in this process; or that handler
 * alone, over streams and tables that are there.
 */
export async function localPipeline(
  { kinesis, dynamodb }: LocalServers,
  plan: Plan,
  existing?: Resources,
): Promise<LocalPipeline> {
  const resources = existing ?? (await made({ kinesis, dynamodb }, plan));
  const { control, state, deadLetters } = resources;
  const streamOf = (name: string): string => String(resources.sources[name]?.name);
  const tableOf = (sink: string): string => String(resources.sinks[sink]?.name);
  const store = dynamoStore({ client: dynamodb, tables: { control, state } });
  const handler = lambdaHandler(plan, {
    store,
    sources: Object.fromEntries(
      plan.sources.map(({ name }) => {
        const streamName = streamOf(name);
        return [
          name,
          kinesisSource({ client: kinesis, streamName, now: Date.now, readPauseMs: 5 }),
        ];
      }),
    ),
    sinks: Object.fromEntries(
      sinksOf(plan).map(({ sink: { name } }) => {
        return [name, tableSink({ client: dynamodb, tableName: tableOf(name) })];
      }),
    ),
    deadLetters: deadLetterTable({ client: dynamodb, tableName: deadLetters.name }),
  });
  const hasFired = async (through: number): Promise<boolean> => {
    const buckets = plan.stages.flatMap(({ name, buckets }) =>
      Array.from({ length: buckets }, (_, n) => bucketKey(name, n)),
    );
    const items = await store.getAll('control', buckets);
    return items.every((item) => Number(item?.firedThrough ?? -Infinity) >= through);
  };
  return {
    resources,
    async put(stream, lanes) {
      const { Shards = [] } = await kinesis.send(
        new ListShardsCommand({ StreamName: streamOf(stream) }),
      );
      for (const [n, lane] of lanes.entries()) {
        const hash = Shards[n]?.HashKeyRange?.StartingHashKey;
        if (hash === undefined) throw new Error(`there is no shard ${n}`);
        await putAll(kinesis, { StreamName: streamOf(stream), hash }, lane);
      }
    },
    async run(through) {
      const called: string[] = [];
      const runtime = startLocalRuntime({
        plan,
        kinesis,
        dynamodb,
        streams: Object.fromEntries(plan.sources.map(({ name }) => [name, streamOf(name)])),
        controlTable: control,
        pollIntervalMs: 10,
        tickEveryMs: 0,
        batchSize: 200,
        invoke: (event) => {
          called.push(...namesOf(event));
          return handler(event, { getRemainingTimeInMillis: () => 60_000 });
        },
      });
      try {
        // Nothing is put any more: when all is read, one tick closes what is left of it.
        await until(() => [...runtime.pollers.values()].every((poller) => poller.idle()));
        await runtime.tick();
        await until(() => hasFired(through));
      } finally {
        await runtime.stop();
      }
      return called;
    },
    rows: (sink) => collected(readTable(dynamodb, tableOf(sink))),
    letters: () => collected(readDeadLetters(dynamodb, deadLetters.name)),
  };
}

/** All that a deployment of the plan would make. */
async function made(
  { kinesis, dynamodb }: Pick<LocalServers, 'kinesis' | 'dynamodb'>,
  plan: Plan,
): Promise<Resources> {
  const id = randomUUID().slice(0, 8);
  const named = (kind: string, name: string): Resource => ({ kind, name: `${id}-${name}` });
  const sinks = sinksOf(plan);
  const resources: Resources = {
    control: `${id}-control`,
    state: `${id}-state`,
    deadLetters: named('table', 'letters'),
    sources: Object.fromEntries(plan.sources.map(({ name }) => [name, named('kinesis', name)])),
    sinks: Object.fromEntries(sinks.map(({ sink: { name } }) => [name, named('table', name)])),
    lateEvents: {},
    lookups: {},
  };
  const results = sinks.map(({ sink, shape }) => ({ name: `${id}-${sink.name}`, shape }));
  const { control, state, deadLetters } = resources;
  await createTables(dynamodb, { control, state, deadLetters: deadLetters.name, results });
  for (const { name } of Object.values(resources.sources)) await createStream(kinesis, name);
  return resources;
}

async function createStream(client: KinesisClient, StreamName: string): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS }));
  const waiter = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await waitUntilStreamExists(waiter, { StreamName });
}

/** Kinesis takes so many at a time. */
const PUT_MAX = 500;

async function putAll(
  client: KinesisClient,
  { StreamName, hash }: { readonly StreamName: string; readonly hash: string },
  events: readonly object[],
): Promise<void> {
  for (let from = 0; from < events.length; from += PUT_MAX) {
    const Records = events.slice(from, from + PUT_MAX).map((event) => ({
      Data: Buffer.from(JSON.stringify(event)),
      PartitionKey: 'any',
      ExplicitHashKey: hash,
    }));
    const { FailedRecordCount } = await client.send(new PutRecordsCommand({ StreamName, Records }));
    if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not put`);
  }
}

/** What an invocation is for: the buckets that changed, or the tick. */
function namesOf(event: unknown): string[] {
  const { Records = [], tidemark } = event as {
    readonly Records?: readonly ControlRecord[];
    readonly tidemark?: string;
  };
  if (tidemark !== undefined) return [tidemark];
  return Records.flatMap(({ dynamodb }) => dynamodb?.NewImage?.pk?.S ?? []);
}

interface ControlRecord {
  readonly dynamodb?: { readonly NewImage?: { readonly pk?: { readonly S?: string } } };
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
