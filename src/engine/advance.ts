import { closedThrough } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { bucketsOf, raiseTargets, readBucket } from './bucket.ts';
import { readLanes } from './lane.ts';
import type { StageContext } from './ports.ts';
import { toldThrough } from './told.ts';

/** After a commit: if the lane's watermark crossed a slot boundary, the stage's may have too. */
export async function advance(context: StageContext, before: number, now: number): Promise<void> {
  const { resolutionMs } = context.stage;
  if (closedThrough(before, resolutionMs) === closedThrough(now, resolutionMs)) return;
  await advanceStage(context);
}

/** Closes all slots that every lane has passed, and tells the buckets. */
export async function advanceStage(context: StageContext): Promise<void> {
  const { stage, memory, observe } = context;
  const watermark = await stageWatermark(context);
  if (watermark === MIN_TIME) return;
  const target = closedThrough(watermark, stage.resolutionMs);
  if (target <= memory.target) return;
  await raiseTargets(context, target);
  memory.target = target;
  observe({ kind: 'advanced', stage: stage.name, target });
}

/** The least watermark of its lanes, buckets of other stages included; none (MIN_TIME) before all of them are known. */
async function stageWatermark(context: StageContext): Promise<number> {
  const watermarks = await Promise.all(context.before.map(bucketsWatermark));
  if (context.sources.size > 0) watermarks.push(await lanesWatermark(context));
  return Math.min(...watermarks);
}

async function lanesWatermark(context: StageContext): Promise<number> {
  const lanes = await readLanes(context);
  if (lanes === undefined || lanes.length === 0) return MIN_TIME;
  return Math.min(...lanes.map((lane) => lane.watermark));
}

/** What a stage will tell no more: a bucket that has never fired may still tell anything. */
async function bucketsWatermark(context: StageContext): Promise<number> {
  const buckets = await Promise.all(bucketsOf(context).map((n) => readBucket(context, n)));
  const firedThrough = Math.min(...buckets.map((bucket) => bucket.firedThrough));
  return firedThrough === MIN_TIME ? MIN_TIME : toldThrough(context, firedThrough);
}
