import { bucketKey, segmentRange } from '../../engine/keys.ts';
import { readTallies } from '../../engine/tallies.ts';
import type { Store } from '../../store/store.ts';
import { MAX_TIME, MIN_TIME } from '../../time/watermark.ts';
import type { StagePlan } from '../../topology/plan.ts';

interface Firing {
  /** Every bucket has fired all that is closed, and nothing waits for a window to close. */
  readonly done: boolean;
  /** Rises whenever a bucket has fired something. */
  readonly progress: number;
}

async function readFiring(store: Store, stage: StagePlan): Promise<Firing> {
  let done = true;
  let progress = 0;
  for (let bucket = 0; bucket < stage.buckets; bucket++) {
    const item = await store.get('control', bucketKey(stage.name, bucket));
    const firedThrough = Number(item?.firedThrough ?? MIN_TIME);
    progress += firedThrough - MIN_TIME;
    if (firedThrough < Number(item?.target ?? MIN_TIME)) done = false;
    const rest = segmentRange(stage.name, bucket, firedThrough + 1, MAX_TIME);
    if (done && (await store.query('state', rest)).items.length > 0) done = false;
  }
  return { done, progress };
}

export interface SettleOptions {
  readonly store: Store;
  readonly stage: StagePlan;
  /** How many records were put. */
  readonly records: number;
  /** Proves the shards empty, so that the last windows close. May fail, and is then tried again. */
  readonly tick: () => Promise<void>;
  readonly sleep: (durationMs: number) => Promise<void>;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 50;
/** A tick fires what lags: while something is being fired, it would only repeat that. */
const LOOKS_WITHOUT_PROGRESS = 40;

/** Resolves when every record is dealt with and every window closed and fired; false if aborted first. */
export async function settle(options: SettleOptions): Promise<boolean> {
  const { store, stage, records, tick, sleep, signal } = options;
  while (!signal.aborted && (await readTallies(store, stage)).records < records) {
    await sleep(LOOK_EVERY_MS);
  }
  let seen = -1;
  for (let looks = 0; !signal.aborted; looks++) {
    const { done, progress } = await readFiring(store, stage);
    if (done) return true;
    if (progress > seen && seen >= 0) looks = 1;
    else if (looks % LOOKS_WITHOUT_PROGRESS === 0) await tick();
    seen = progress;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
