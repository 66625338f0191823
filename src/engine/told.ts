import type { StageContext } from './ports.ts';

/**
 * The watermark of a bucket as the lane of the next stage, once all slots up to here are fired: no
 * result that happened at or before it is still to come.
 */
export const toldThrough = ({ stage }: Pick<StageContext, 'stage'>, firedThrough: number): number =>
  firedThrough - 1 - (stage.operator.outputDelayMs ?? 0);

/**
 * The watermark at which the results of a slot are judged downstream: as it was when only the slots
 * before this one were fired, so that a firing that comes again files them alike.
 */
export const toldBefore = (context: StageContext, slot: number): number =>
  toldThrough(context, slot - context.stage.resolutionMs);
