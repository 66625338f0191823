import { readAborted } from './aborted.ts';
import { readBucket } from './bucket.ts';
import { fireKeyed } from './fire-keyed.ts';
import { fireSlots } from './fire-slots.ts';
import { checkMeta } from './meta.ts';
import { Outbox } from './outputs.ts';
import type { StageContext } from './ports.ts';

/** `unfinished`: slots are due that there was no time for. */
export type Fired = 'done' | 'unfinished';

/**
 * Fires the slots of a bucket that are closed and not yet fired. Neither claim nor fence: what comes
 * out is a function of the closed slots and of the state before them, so firing again, or twice at
 * once, writes the same outputs with the same identity.
 */
export async function fire(
  context: StageContext,
  bucket: number,
  outOfTime: () => boolean,
): Promise<Fired> {
  await checkMeta(context);
  const { target, firedThrough, cursor } = await readBucket(context, bucket);
  if (firedThrough >= target) return 'done';
  const due = { bucket, after: firedThrough, through: target };
  // Read after the target: of attempts at slots up to there, nothing can be added to it any more.
  const isAborted = await readAborted(context);
  const outbox = new Outbox(context, bucket);
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
  await outbox.complete(target);
  await outbox.commit();
  return 'done';
}
