import { bucketKey, laneRange, segmentRange } from '../../engine/keys.ts';
import { readAll } from '../../engine/read-all.ts';
import type { Store } from '../../store/store.ts';
import { MAX_TIME, MIN_TIME } from '../../time/watermark.ts';
import type { StagePlan } from '../../topology/plan.ts';

/** Where the records of a stage went, as its lanes have committed it. */
export interface Tallies {
  readonly records: number;
  readonly filtered: number;
  readonly late: number;
  readonly deadLetters: number;
}

/** Reads the tallies of all lanes and adds them up. */
export async function readTallies(store: Store, stage: StagePlan): Promise<Tallies> {
  const lanes = await readAll(store, 'control', laneRange(stage.name));
  const total = (name: keyof Tallies): number =>
    lanes.reduce((sum, lane) => sum + Number(lane[name] ?? 0), 0);
  return {
    records: total('records'),
    filtered: total('filtered'),
    late: total('late'),
    deadLetters: total('deadLetters'),
  };
}

/** True if every bucket has fired all that is closed, and nothing waits for a window to close. */
export async function allFired(store: Store, stage: StagePlan): Promise<boolean> {
  for (let bucket = 0; bucket < stage.buckets; bucket++) {
    const item = await store.get('control', bucketKey(stage.name, bucket));
    const firedThrough = Number(item?.firedThrough ?? MIN_TIME);
    if (firedThrough < Number(item?.target ?? MIN_TIME)) return false;
    const rest = segmentRange(stage.name, bucket, firedThrough + 1, MAX_TIME);
    if ((await store.query('state', rest)).items.length > 0) return false;
  }
  return true;
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
/** A tick fires what lags: so soon after another it would only repeat what is being fired. */
const LOOKS_BETWEEN_TICKS = 100;

/** Resolves when every record is dealt with and every window closed and fired; false if aborted first. */
export async function settle(options: SettleOptions): Promise<boolean> {
  const { store, stage, records, tick, sleep, signal } = options;
  while (!signal.aborted && (await readTallies(store, stage)).records < records) {
    await sleep(LOOK_EVERY_MS);
  }
  for (let looks = 0; !signal.aborted; looks++) {
    if (looks % LOOKS_BETWEEN_TICKS === 0) await tick();
    if (await allFired(store, stage)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
