import type { Store } from '../store/store.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { type Plan, type StagePlan, stagesBefore } from '../topology/plan.ts';
import { type Bucket, bucketsOf, readBucket } from './bucket.ts';
import { laneOf, laneRange, lanesKey } from './keys.ts';
import { type Lane, toLane } from './lane.ts';
import type { StageStore } from './ports.ts';
import { readAll } from './read-all.ts';
import { toldThrough } from './told.ts';

/** How one stage stands: what it has committed, read without changing anything. */
export interface StageStanding {
  readonly stage: StagePlan;
  /** What all that holds it has passed, ms; MIN_TIME: nothing is closed yet. */
  readonly watermark: number;
  /** Every lane that there ever was, in the order of their names. */
  readonly lanes: readonly LaneStanding[];
  /** By their numbers. */
  readonly buckets: readonly Bucket[];
  /** The stages that it reads. */
  readonly before: readonly StageBefore[];
}

/** A lane, and whether the stage's watermark counts it: one that has left the set does not hold it. */
export type LaneStanding = Lane & { readonly holds: boolean };

/** A stage as the lanes of another one. */
export interface StageBefore {
  readonly name: string;
  /** No result that happened at or before it is still to come, ms. */
  readonly watermark: number;
}

/** How all stages of a plan stand, in its order. It may be out of date at once: others go on meanwhile. */
export async function standingOf(
  plan: Plan,
  store: Pick<Store, 'get' | 'query'>,
): Promise<readonly StageStanding[]> {
  const known = new Map<string, StageStanding>();
  for (const stage of plan.stages) {
    const before = stagesBefore(stage).flatMap((name) => known.get(name) ?? []);
    known.set(stage.name, await stageStanding({ stage, store }, before.map(toldBy)));
  }
  return [...known.values()];
}

/** What holds the watermark of a stage: those that have the least one. */
export function holdersOf({ watermark, lanes, before }: StageStanding) {
  return {
    lanes: lanes.filter((lane) => lane.holds && lane.watermark === watermark),
    before: before.filter((one) => one.watermark === watermark),
  };
}

async function stageStanding(
  context: StageStore,
  before: readonly StageBefore[],
): Promise<StageStanding> {
  const { lanes, isComplete } = await readLanesSeen(context);
  const buckets = await Promise.all(bucketsOf(context).map((n) => readBucket(context, n)));
  const readsStreams = context.stage.inputs.some(({ from }) => from.kind === 'stream');
  const holding = lanes.filter(({ holds }) => holds).map(({ watermark }) => watermark);
  const unknown = readsStreams && (!isComplete || holding.length === 0) ? [MIN_TIME] : [];
  const watermarks = [...holding, ...before.map(({ watermark }) => watermark), ...unknown];
  return { stage: context.stage, watermark: Math.min(...watermarks), lanes, buckets, before };
}

/** The lanes before the set that lists them, as whoever advances a stage reads them. */
async function readLanesSeen(context: StageStore) {
  const { stage, store } = context;
  const items = await readAll(store, 'control', laneRange(stage.name));
  const set = await store.get('control', lanesKey(stage.name));
  const listed = new Set((set?.lanes ?? []) as readonly string[]);
  const lanes = items.map((item) => ({ ...toLane(item), holds: listed.has(laneOf(item)) }));
  const seen = new Set(lanes.map(({ lane }) => lane));
  return { lanes, isComplete: [...listed].every((lane) => seen.has(lane)) };
}

function toldBy({ stage, buckets }: StageStanding): StageBefore {
  const firedThrough = Math.min(...buckets.map((bucket) => bucket.firedThrough));
  const watermark = firedThrough === MIN_TIME ? MIN_TIME : toldThrough({ stage }, firedThrough);
  return { name: stage.name, watermark };
}
