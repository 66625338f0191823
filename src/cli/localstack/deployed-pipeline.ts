import { setTimeout as sleepFor } from 'node:timers/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import plan from '../../../functions/clickstream/pipeline.ts';
import { laneRange } from '../../engine/keys.ts';
import { readTallies } from '../../engine/tallies.ts';
import { InterruptedError } from '../../errors.ts';
import { seeded } from '../../seeded.ts';
import { readDeadLetters, type StoredDeadLetter } from '../../sinks/read-dead-letters.ts';
import { readTable } from '../../sinks/read-table.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import { MIN_TIME } from '../../time/watermark.ts';
import type { SourcePlan, StagePlan } from '../../topology/plan.ts';
import { type Comparison, type Counted, compare } from '../start/compare.ts';
import { clients } from '../start/deployment.ts';
import { kinesisPut } from '../start/kinesis-put.ts';
import { play } from '../start/player.ts';
import { settle } from '../start/progress.ts';
import type { WindowCount } from '../start/recount.ts';
import { recountStream } from '../start/recount-stream.ts';
import type { TrafficItem } from '../start/traffic-item.ts';
import type { DeployedStack } from './deploy.ts';
import { LocalStackError } from './failure.ts';
import { CREDENTIALS, type Place, REGION } from './place.ts';
import { laterBy } from './sample.ts';
import { putIntoEach, splitFirst } from './shards.ts';

/** The reference pipeline as it runs in LocalStack, from outside: what goes in, and what comes out. */
export interface DeployedPipeline {
  /**
   * Puts records after all that the stream has, then one into each shard that closes their windows, and
   * waits until everything is gathered and fired. Nothing but the deployed triggers makes that happen.
   *
   * @throws LocalStackError EVENT_TIME, NOT_SETTLED
   */
  send(items: readonly TrafficItem[], tell: (detail: string) => void): Promise<Sent>;
  /** Splits a shard in halves, and resolves with its id. */
  split(): Promise<string>;
  /** What the tables say, next to a plain recount of the stream. */
  check(): Promise<Check>;
  deadLetters(): Promise<StoredDeadLetter[]>;
  /** How many messages are in the queue of what triggers gave up. */
  givenUp(): Promise<number>;
  close(): void;
}

/** How many records the stream had, and how many were put after them, the closing ones included. */
export interface Sent {
  readonly before: number;
  readonly sent: number;
}

export interface Check extends Counted {
  readonly windows: readonly WindowCount[];
  readonly comparison: Comparison;
}

const stage = plan.stages[0] as StagePlan;
const source = plan.sources[0] as SourcePlan;
const SETTLE_MS = 300_000;
const LOOK_EVERY_MS = 500;

/** Connects to what was deployed. */
export function deployedPipeline(
  place: Place,
  { stream, tables, givenUp }: DeployedStack,
  signal: AbortSignal,
): DeployedPipeline {
  const { endpoint } = place;
  const connection = { region: REGION, credentials: CREDENTIALS };
  const { kinesis, dynamodb } = clients({
    ...connection,
    kinesisEndpoint: endpoint,
    dynamodbEndpoint: endpoint,
  });
  const sqs = new SQSClient({ ...connection, endpoint });
  const store = dynamoStore({ client: dynamodb, tables });
  const gathered = async (): Promise<number> => (await readTallies(store, stage)).records;
  const pause = async () => void (await sleepFor(LOOK_EVERY_MS));

  /** The greatest event time that was seen. */
  const latest = async (): Promise<number> => {
    const lanes = await store.query('control', laneRange(stage.name));
    const watermarks = lanes.items.map((lane) => Number(lane.watermark));
    return Math.max(MIN_TIME, ...watermarks) + source.outOfOrdernessMs + 1;
  };
  const put = async (items: readonly TrafficItem[]): Promise<number> => {
    const { records } = await play({
      items,
      putRecords: kinesisPut(kinesis, stream),
      speed: 'max',
      now: Date.now,
      sleep: async (ms, until) => void (await sleepFor(ms, undefined, { signal: until })),
      random: seeded(1),
      signal,
    });
    return records;
  };
  const untilGathered = async (records: number, tell: (detail: string) => void) => {
    const patience = AbortSignal.timeout(SETTLE_MS);
    for (let seen = await gathered(); seen < records; seen = await gathered()) {
      tell(`${seen} of ${records} records gathered`);
      if (signal.aborted) throw new InterruptedError('waiting was interrupted');
      if (patience.aborted) throw notSettled(`${seen} of ${records} records are gathered`);
      await pause();
    }
  };
  const untilFired = async (records: number): Promise<void> => {
    const patience = AbortSignal.timeout(SETTLE_MS);
    const tick = async () => {};
    const until = AbortSignal.any([signal, patience]);
    const isSettled = await settle({ store, stage, records, tick, sleep: pause, signal: until });
    if (signal.aborted) throw new InterruptedError('waiting was interrupted');
    if (!isSettled) throw notSettled('closed windows have not fired');
  };

  const recounted = () =>
    recountStream({
      client: kinesis,
      streamName: stream,
      rules: RULES,
      sleep: async (ms) => void (await sleepFor(ms)),
    });

  return {
    async send(items, tell) {
      const before = (await recounted()).records;
      const following = laterBy(items, delayAfter(await latest(), items));
      const records = before + (await put(following));
      await untilGathered(records, tell);
      const closing = { timestamp: closingTime(await latest()), action: 'view', url: '/' };
      const shards = await putIntoEach(kinesis, stream, JSON.stringify(closing));
      tell('waiting for the windows to fire');
      await untilFired(records + shards);
      return { before, sent: records + shards - before };
    },
    split: () => splitFirst(kinesis, stream),
    async check() {
      const windows = (await collected(readTable(dynamodb, tables.pageClicks))).map((row) => ({
        ...row,
        value: Number(row.value),
      }));
      const { records, filtered, late } = await readTallies(store, stage);
      const dead = (await collected(readDeadLetters(dynamodb, tables.deadLetters))).length;
      const counted = windows.reduce((sum, { value }) => sum + value, 0);
      const expected = await recounted();
      const actual = { records, counted, filtered, late, dead, windows };
      const comparison = compare(actual, { ...expected, windows: expected.windows.values() });
      return { ...actual, comparison };
    },
    deadLetters: () => collected(readDeadLetters(dynamodb, tables.deadLetters)),
    async givenUp() {
      const command = new GetQueueAttributesCommand({
        QueueUrl: givenUp,
        AttributeNames: ['ApproximateNumberOfMessages'],
      });
      return Number((await sqs.send(command)).Attributes?.ApproximateNumberOfMessages);
    },
    close() {
      for (const client of [kinesis, dynamodb, sqs]) client.destroy();
    },
  };
}

const RULES = {
  keyField: 'url',
  filterAction: 'click',
  windowMs: stage.resolutionMs,
  outOfOrdernessMs: source.outOfOrdernessMs,
  maxFutureSkewMs: source.maxFutureSkewMs,
} as const;

const windowEndAfter = (time: number): number =>
  (Math.floor(time / stage.resolutionMs) + 1) * stage.resolutionMs;

/** When an event closes every window up to this time. */
const closingTime = (time: number): string =>
  new Date(windowEndAfter(time) + source.outOfOrdernessMs).toISOString();

/**
 * How much later records have to be to follow what was seen, by whole windows.
 *
 * @throws LocalStackError EVENT_TIME if there is no room for them before the present
 */
function delayAfter(latest: number, items: readonly TrafficItem[]): number {
  const times = items.map(({ arrivalTime }) => arrivalTime);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const startsIn = windowEndAfter(first) - stage.resolutionMs;
  const behindMs = Math.max(0, windowEndAfter(latest) - startsIn);
  const delayMs = Math.ceil(behindMs / stage.resolutionMs) * stage.resolutionMs;
  if (last + delayMs <= Date.now()) return delayMs;
  throw new LocalStackError(
    'EVENT_TIME',
    'the event time of the stream has reached the present, so the sample cannot follow it',
    'Begin again from nothing: npm run localstack:down, then npm run localstack.',
  );
}

const notSettled = (what: string): LocalStackError =>
  new LocalStackError(
    'NOT_SETTLED',
    `the pipeline is not done after ${SETTLE_MS / 60_000} minutes: ${what}`,
    'See localstack.log in the folder of the run, and the logs of the functions.',
  );

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
