import { closedThrough } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { raiseTargets } from './bucket.ts';
import { readLanes } from './lane.ts';
import type { StageContext } from './ports.ts';

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

/** The least watermark of its lanes; none (MIN_TIME) before all of them are known. */
async function stageWatermark(context: StageContext): Promise<number> {
  const lanes = await readLanes(context);
  if (lanes === undefined || lanes.length === 0) return MIN_TIME;
  return Math.min(...lanes.map((lane) => lane.watermark));
}
