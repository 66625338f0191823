import {
  CreateStreamCommand,
  type KinesisClient,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { deadLetterTable, dynamoStore, kinesisSource, tableSink } from 'tidemark/aws';
import { lambdaHandler } from 'tidemark/lambda';
import { type LocalRuntime, startLocalRuntime } from 'tidemark/local';
import { clients } from '../../src/cli/start/deployment.ts';
import { createTables } from '../../src/dynamodb/tables.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import type { Row } from '../../src/sinks/row.ts';
import { STREAM, TABLE } from '../jobs/streams.ts';
import type { LatencyCall } from './call.ts';
import type { Marks } from './marks.ts';
import { countPlan } from './plan.ts';

const TABLES = { control: 'control', state: 'state', deadLetters: 'letters' };

/** The count at work on this machine. */
export interface Deployed {
  readonly kinesis: KinesisClient;
  readonly streamName: string;
  /** All that was put has been taken, and all that this has closed was fired. */
  idle(): boolean;
  rows(): AsyncIterable<Row>;
  stop(): Promise<void>;
}

/** Makes a stream and tables, and runs the pipeline over them, as `npm start` does, in this process. */
export async function deployed(call: LatencyCall, marks: Marks): Promise<Deployed> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const { kinesis, dynamodb } = clients({ ...call, region: 'us-east-1', credentials });
  await createTables(dynamodb, { ...TABLES, results: [{ name: TABLE, shape: 'windows' }] });
  await createStream(kinesis, call.shards);
  const runtime = started(call, { kinesis, dynamodb }, marks);
  await Promise.all([...runtime.pollers.values()].map(({ ready }) => ready));
  return {
    kinesis,
    streamName: STREAM,
    idle: () => [...runtime.pollers.values(), runtime.watcher].every((trigger) => trigger.idle()),
    rows: () => readTable(dynamodb, TABLE),
    async stop() {
      await runtime.stop();
      kinesis.destroy();
      dynamodb.destroy();
    },
  };
}

type Clients = ReturnType<typeof clients>;

function started(call: LatencyCall, { kinesis, dynamodb }: Clients, marks: Marks): LocalRuntime {
  const plan = countPlan();
  const { deadLetters, ...tables } = TABLES;
  const handler = lambdaHandler(plan, {
    store: dynamoStore({ client: dynamodb, tables }),
    sources: { [STREAM]: kinesisSource({ client: kinesis, streamName: STREAM, now: Date.now }) },
    sinks: { [TABLE]: marks.sink(tableSink({ client: dynamodb, tableName: TABLE })) },
    deadLetters: deadLetterTable({ client: dynamodb, tableName: deadLetters }),
    metrics: false,
    observe: marks.observe,
  });
  return startLocalRuntime({
    plan,
    kinesis,
    dynamodb,
    streams: { [STREAM]: STREAM },
    controlTable: TABLES.control,
    pollIntervalMs: call.pollMs,
    tickEveryMs: 0,
    invoke: marks.watched((event) => handler(event, { getRemainingTimeInMillis: () => 60_000 })),
    onError: (error) => console.error(error),
  });
}

async function createStream(client: KinesisClient, ShardCount: number): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: STREAM, ShardCount }));
  const waiter = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await waitUntilStreamExists(waiter, { StreamName: STREAM });
}
