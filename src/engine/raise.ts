import { FencedError, LaneNotReadyError } from '../errors.ts';
import { advanceStage } from './advance.ts';
import { emptyAttempt, type Lane, readLane } from './lane.ts';
import { checkMeta } from './meta.ts';
import type { StageContext } from './ports.ts';
import { register } from './register.ts';

/**
 * Raises a lane without a record, by an attempt that holds only if nothing has moved since the lane
 * was `seen`. True if the lane is there now; false if somebody else has moved it, or it is ended.
 */
export async function raise(
  context: StageContext,
  seen: Lane,
  watermark: number,
): Promise<boolean> {
  if (watermark <= seen.watermark) return true;
  const raised = await emptyAttempt(context, seen, (mine) =>
    watermark > mine.watermark ? { watermark, movedAt: context.clock() } : undefined,
  );
  if (!raised) return false;
  const { stage, observe } = context;
  const { lane, position } = seen;
  observe({ kind: 'raised', stage: stage.name, lane, position, watermark });
  return true;
}

/**
 * Takes somebody's word that a lane has nothing more at or before `watermark`, and closes what can be
 * closed. For whoever knows the end of a lane: of a file that is read, of a test's input.
 *
 * @throws FencedError if the lane moved meanwhile, LaneNotReadyError if it does not exist yet
 */
export async function raiseLane(
  context: StageContext,
  name: string,
  watermark: number,
): Promise<void> {
  await checkMeta(context);
  const lane = (await readLane(context, name)) ?? (await registered(context, name));
  // Nothing can come any more from a lane that is ended: it does not hold the stage.
  if (!lane.ended && !(await raise(context, lane, watermark))) {
    throw new FencedError(`lane ${name} moved while it was raised`);
  }
  await advanceStage(context);
}

async function registered(context: StageContext, name: string): Promise<Lane> {
  await register(context);
  const lane = await readLane(context, name);
  if (lane) return lane;
  throw new LaneNotReadyError(`lane ${name} continues lanes that are not read to their end`);
}
