import { inStage } from '../operators/user-function.ts';
import { readAborted } from './aborted.ts';
import { type Bucket, type Raise, readBucket } from './bucket.ts';
import { fireKeyed } from './fire-keyed.ts';
import { fireSlots } from './fire-slots.ts';
import { checkMeta } from './meta.ts';
import { Outbox } from './outputs.ts';
import type { StageContext } from './ports.ts';
import { timed } from './timed.ts';

/** `unfinished`: slots are due that there was no time for. */
export type Fired = 'done' | 'unfinished';

/**
 * Fires the slots of a bucket that are closed and not yet fired. Neither claim nor fence: what comes
 * out is a function of the closed slots and of the state before them, so firing again, or twice at
 * once, writes the same outputs with the same identity.
 */
export async function fire(
  context: StageContext,
  { bucket, raise }: Told,
  outOfTime: () => boolean,
): Promise<Fired> {
  await checkMeta(context);
  const found = await readBucket(context, bucket);
  if (found.firedThrough >= found.target) return 'done';
  const outbox = new Outbox(context, bucket, closedAt(found, raise));
  try {
    return await timed(context, 'fire', () => fireDue(context, found, outbox, outOfTime));
  } catch (error) {
    throw inStage(error, context.stage.name);
  }
}

/** A bucket that is to be fired, and the raise that somebody was told of. */
interface Told {
  readonly bucket: number;
  readonly raise: Raise | undefined;
}

/**
 * When the first of what is due was closed. The item knows of the last raise only; whoever was told of an
 * earlier one that is still due knows better.
 */
function closedAt({ firedThrough, raisedAt }: Bucket, raise: Raise | undefined) {
  if (raise === undefined || raise.target <= firedThrough) return raisedAt;
  return Math.min(raise.raisedAt, raisedAt ?? raise.raisedAt);
}

async function fireDue(
  context: StageContext,
  { target, firedThrough, cursor }: Bucket,
  outbox: Outbox,
  outOfTime: () => boolean,
): Promise<Fired> {
  const { bucket } = outbox;
  const due = { bucket, after: firedThrough, through: target };
  // Read after the target: of attempts at slots up to there, nothing can be added to it any more.
  const isAborted = await readAborted(context);
  const { firing } = context.stage.operator;
  if (firing.kind === 'none') return 'done';
  const slots =
    firing.kind === 'slot'
      ? fireSlots(context, firing, { due, isAborted, outbox, cursor, outOfTime })
      : fireKeyed(context, firing, { due, isAborted, outbox });
  for await (const { slot, isComplete } of slots) {
    if (isComplete) await outbox.complete(slot);
    if (isComplete && !outOfTime()) continue;
    await outbox.commit();
    return 'unfinished';
  }
  await outbox.reach(target);
  await outbox.commit();
  return 'done';
}
