import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { bucketKey } from '../../engine/keys.ts';
import type { Key } from '../../store/store.ts';
import { backOffMs, pause } from './back-off.ts';
import { type AttributeMap, type ControlEventRecord, controlEventRecord } from './control-event.ts';
import { readItems } from './control-reader.ts';
import { retryFrom } from './response.ts';
import type { Invoke } from './shard-poller.ts';

/** Which buckets are watched, and who is told. */
export interface ControlWatcherOptions {
  readonly client: DynamoDBClient;
  /** The control table. */
  readonly table: string;
  /** Whose buckets to watch. */
  readonly stages: readonly { readonly name: string; readonly buckets: number }[];
  /** How often to look, ms; default 100. */
  readonly intervalMs?: number;
  readonly invoke: Invoke;
  /** A read or an invocation failed; it will be tried again. */
  readonly onError?: (error: unknown) => void;
}

/** The mapping of the control table's stream at work. */
export interface ControlWatcher {
  /** Stops looking, and waits for the invocation in flight. */
  stop(): Promise<void>;
  /** The latest look found nothing that the function has not done. */
  idle(): boolean;
}

/**
 * Stands for the control table's stream where the database has none: reads every bucket's item
 * again and again, and calls the function with those whose `target` changed. At least once, in
 * order for each bucket, one invocation at a time. Changes between two looks are told as one, and
 * a bucket that was behind before the first look is told then.
 */
export function startControlWatcher(options: ControlWatcherOptions): ControlWatcher {
  const stopping = new AbortController();
  const watch: Watch = { options, told: new Map(), startedAt: Date.now(), count: 0, quiet: false };
  const done = run(watch, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await done;
    },
    idle: () => watch.quiet,
  };
}

interface Watch {
  readonly options: ControlWatcherOptions;
  /** The target of each bucket, by partition key, that the function has done or that needed nothing. */
  readonly told: Map<string, string>;
  readonly startedAt: number;
  count: number;
  quiet: boolean;
}

const RETRY = { baseMs: 50, maxMs: 2_000 };

async function run(watch: Watch, signal: AbortSignal): Promise<void> {
  const { intervalMs = 100, onError, stages } = watch.options;
  const keys = stages.flatMap(({ name, buckets }) => bucketKeys(name, buckets));
  let failures = 0;
  while (!signal.aborted) {
    try {
      failures = (await look(watch, keys)) ? 0 : failures + 1;
    } catch (error) {
      watch.quiet = false;
      failures += 1;
      onError?.(error);
    }
    await pause(failures === 0 ? intervalMs : backOffMs(failures, RETRY), signal);
  }
}

const bucketKeys = (stage: string, buckets: number): Key[] =>
  Array.from({ length: buckets }, (_, bucket) => bucketKey(stage, bucket));

/** One look at all buckets; false: some of what it found must be told again. */
async function look(watch: Watch, keys: readonly Key[]): Promise<boolean> {
  const { client, table, invoke } = watch.options;
  const changed = (await readItems(client, table, keys)).filter((item) => isNews(watch, item));
  watch.quiet = changed.length === 0;
  if (watch.quiet) return true;
  const records = changed.map((image) => recordOf(watch, image));
  const answer = await invoke({ Records: records });
  const failedFrom = retryFrom(
    answer,
    records.map(({ dynamodb }) => dynamodb.SequenceNumber),
  );
  for (const item of changed.slice(0, failedFrom)) remember(watch, item);
  return failedFrom === undefined;
}

function isNews(watch: Watch, item: AttributeMap): boolean {
  const target = item.target?.N;
  if (target === undefined) return false;
  const told = watch.told.get(partitionOf(item));
  if (told !== undefined) return told !== target;
  const isBehind = Number(target) > Number(item.firedThrough?.N ?? -Infinity);
  if (!isBehind) remember(watch, item);
  return isBehind;
}

function recordOf(watch: Watch, image: AttributeMap): ControlEventRecord {
  watch.count += 1;
  return controlEventRecord({
    isNew: !watch.told.has(partitionOf(image)) && image.firedThrough === undefined,
    image,
    // As long as a real one, and rising, also from one run to the next.
    sequenceNumber: `${watch.startedAt}${String(watch.count).padStart(12, '0')}`,
    table: watch.options.table,
  });
}

const remember = (watch: Watch, item: AttributeMap): unknown =>
  watch.told.set(partitionOf(item), item.target?.N ?? '');

const partitionOf = (item: AttributeMap): string => item.pk?.S ?? '';
