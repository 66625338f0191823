import { ceilTo, isClosed } from '../time/slot.ts';
import type { StagePlan } from '../topology/plan.ts';

/** The slot at whose firing a window is looked at: its end, rounded up to the resolution. */
export const slotOfWindow = (stage: StagePlan, windowEnd: number): number =>
  ceilTo(windowEnd, stage.resolutionMs);

/**
 * An event is late if the last slot in which it can still matter is closed at the watermark of its
 * own lane just before it. Being behind the watermark alone is not late. This is a function of the
 * log, whatever the batches, so every replay judges alike.
 */
export const isLate = (stage: StagePlan, windowEnd: number, watermark: number): boolean =>
  isClosed(slotOfWindow(stage, windowEnd), watermark);
