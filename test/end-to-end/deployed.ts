import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { type Comparison, compare } from '../../src/cli/start/compare.ts';
import { type Connection, clients, deploy } from '../../src/cli/start/deployment.ts';
import { type FunctionSettings, SETTINGS_VARIABLE } from '../../src/cli/start/function-settings.ts';
import { type Job, jobOf } from '../../src/cli/start/job.ts';
import { kinesisPut } from '../../src/cli/start/kinesis-put.ts';
import { parseOptions, type StartOptions } from '../../src/cli/start/options.ts';
import { placesOf } from '../../src/cli/start/places.ts';
import { play } from '../../src/cli/start/player.ts';
import { settle } from '../../src/cli/start/progress.ts';
import type { Recount } from '../../src/cli/start/recount.ts';
import { recountStream } from '../../src/cli/start/recount-stream.ts';
import type { TrafficItem } from '../../src/cli/start/traffic-item.ts';
import type { Tally } from '../../src/engine/lane.ts';
import { readTallies } from '../../src/engine/tallies.ts';
import { type FunctionProcess, functionProcess } from '../../src/runtime/local/function-process.ts';
import { type LocalRuntime, startLocalRuntime } from '../../src/runtime/local/local-runtime.ts';
import type { Invoke } from '../../src/runtime/local/shard-poller.ts';
import { seeded } from '../../src/seeded.ts';
import { readDeadLetters, type StoredDeadLetter } from '../../src/sinks/read-dead-letters.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import type { Row } from '../../src/sinks/row.ts';
import { dynamoStore } from '../../src/store/dynamodb.ts';
import type { Store } from '../../src/store/store.ts';

/** What `npm start` sets up, on embedded servers of its own, for a test to play with. */
export interface Deployed {
  readonly job: Job;
  readonly store: Store;
  /** Without anything in between. */
  readonly kinesis: KinesisClient;
  readonly streamName: string;
  /** The function in a process of its own, as often as it is asked for. */
  startFunction(): FunctionProcess;
  /** Puts the items into the stream; resolves with how many records they made. */
  put(items: Iterable<TrafficItem>): Promise<number>;
  /** Triggers with pollers that begin at TRIM_HORIZON; nothing ticks by itself. */
  startRuntime(invoke: Invoke, batchSize?: number): LocalRuntime;
  /** Deals with so many records, and closes and fires every window; false if that takes too long. */
  close(runtime: LocalRuntime, records: number): Promise<boolean>;
  tallies(): Promise<Tally>;
  rows(): Promise<Row[]>;
  letters(): Promise<StoredDeadLetter[]>;
  /** What the tables say, next to a plain recount of the stream. */
  verdict(): Promise<{ readonly expected: Recount; readonly comparison: Comparison }>;
  stop(): Promise<void>;
}

const CLOSE_MS = 120_000;

/** Makes the servers, the stream, the tables and the function for the arguments of `npm start`. */
export const deployed = (...argv: string[]): Promise<Deployed> =>
  deployedBehind(async (connection) => connection, ...argv);

/** The same, with something between the servers and all that the library runs; the test itself is not behind it. */
export async function deployedBehind(
  between: (connection: Connection) => Promise<Connection>,
  ...argv: string[]
): Promise<Deployed> {
  const options = optionsOf(argv);
  const job = await jobOf(options);
  const deployment = await deploy(options, {}, Date.now);
  const { connection, streamName, tables } = deployment;
  const { kinesis, dynamodb } = clients(connection);
  const store = dynamoStore({ client: dynamodb, tables });
  const behind = await between(connection);
  const triggers = clients(behind);
  const settings: FunctionSettings = {
    connection: behind,
    hosted: [
      { choice: { name: 'clickstream', settings: job.pipeline }, places: placesOf(deployment) },
    ],
    isWatched: false,
  };
  const sandboxes: FunctionProcess[] = [];
  const tallies = () => readTallies(store, job.stage);
  const rows = () => collected(readTable(dynamodb, tables.pageClicks));
  const letters = () => collected(readDeadLetters(dynamodb, tables.deadLetters));
  return {
    job,
    store,
    kinesis,
    streamName,
    startFunction: () => {
      const sandbox = functionProcess({
        module: new URL('../../src/cli/start/function.ts', import.meta.url),
        env: { [SETTINGS_VARIABLE]: JSON.stringify(settings) },
      });
      sandboxes.push(sandbox);
      return sandbox;
    },
    put: async (items) => {
      const { records } = await play({
        items,
        putRecords: kinesisPut(kinesis, streamName),
        speed: 'max',
        now: Date.now,
        sleep: pause,
        random: seeded(1),
        signal: new AbortController().signal,
      });
      return records;
    },
    startRuntime: (invoke, batchSize = options.batchSize) =>
      startLocalRuntime({
        plan: job.plan,
        ...triggers,
        streams: { clicks: streamName },
        controlTable: tables.control,
        invoke,
        batchSize,
        tickEveryMs: 0,
      }),
    close: (runtime, records) =>
      settle({
        store,
        stage: job.stage,
        records,
        // As the schedule would: a tick that fails comes again.
        tick: () => runtime.tick().catch(() => {}),
        sleep: pause,
        signal: AbortSignal.timeout(CLOSE_MS),
      }),
    tallies,
    rows,
    letters,
    verdict: async () => {
      const dead = (await letters()).length;
      const windows = (await rows()).map((row) => ({ ...row, value: Number(row.value) }));
      const counted = windows.reduce((sum, window) => sum + window.value, 0);
      const expected = await recountStream({
        client: kinesis,
        streamName,
        rules: rulesOf(options, job),
        sleep: pause,
      });
      const actual = { ...(await tallies()), counted, dead, windows };
      const comparison = compare(actual, { ...expected, windows: expected.windows.values() });
      return { expected, comparison };
    },
    stop: async () => {
      await Promise.all(sandboxes.map((sandbox) => sandbox.stop()));
      for (const client of [kinesis, dynamodb, triggers.kinesis, triggers.dynamodb])
        client.destroy();
      await deployment.stop();
    },
  };
}

function optionsOf(argv: readonly string[]): StartOptions {
  const parsed = parseOptions(argv, {});
  if (parsed.kind === 'run') return parsed.options;
  throw new Error(parsed.text);
}

const rulesOf = (options: StartOptions, { keyField, plan }: Job) => ({
  keyField,
  filterAction: options.filterAction,
  windowMs: options.windowMs,
  outOfOrdernessMs: options.outOfOrdernessMs,
  maxFutureSkewMs: plan.sources[0]?.maxFutureSkewMs ?? 0,
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const pause = async (durationMs: number): Promise<void> => void (await sleep(durationMs));
