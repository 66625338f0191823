import { LaneNotReadyError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Decoded } from '../schema/event-decoder.ts';
import type { LogRecord } from '../sources/source.ts';
import { recordAborted } from './aborted.ts';
import { advance } from './advance.ts';
import { Attempt } from './attempt.ts';
import { claim, commit, type Lane, requireCovered } from './lane.ts';
import { checkMeta } from './meta.ts';
import type { StageContext } from './ports.ts';
import { isAfter } from './position.ts';
import { register } from './register.ts';
import { writeSegments } from './segments.ts';

export interface Gathered {
  /** The record at which the lane waits, if the pipeline stops at bad records and one is there. */
  readonly stoppedAt: string | undefined;
}

/**
 * One batch of one lane becomes contributions: claim, judge, fold, write segments, commit, advance.
 * Nothing is visible before the commit, and the commit holds only if no later attempt has begun, so
 * the batch may come again in any cut, any number of times, also while an earlier try still runs.
 *
 * @throws FencedError, UnavailableError, DeadlineError, LaneNotReadyError: the batch must come again
 */
export async function gather(
  context: StageContext,
  lane: string,
  records: readonly LogRecord[],
  decode: (data: Uint8Array) => Decoded,
): Promise<Gathered> {
  await checkMeta(context);
  const mine = await claimOrRegister(context, lane);
  const attempt = new Attempt(context, mine, decode);
  attempt.take(records);
  if (attempt.tally.records > 0) await finish(context, mine, attempt);
  return { stoppedAt: attempt.stoppedAt };
}

/** A claim never creates a lane: an unknown one has to be registered first, all others with it. */
async function claimOrRegister(context: StageContext, lane: string): Promise<Lane> {
  const known = await claim(context, lane);
  if (known) return known;
  await register(context);
  const registered = await claim(context, lane);
  if (registered) return registered;
  throw new LaneNotReadyError(`lane ${lane} continues lanes that are not read to their end`, {
    hint: 'It is read as soon as its parents have ended; the batch comes again.',
  });
}

async function finish(context: StageContext, mine: Lane, attempt: Attempt): Promise<void> {
  const { stage, observe, deadLetters } = context;
  invariant(!mine.ended, `no records come after the end of lane ${mine.lane}`);
  const segments = await writeSegments(context, mine, attempt.fold);
  if (attempt.letters.length > 0) await deadLetters.write(attempt.letters);
  await recordAborted(context, mine);
  if (!(await commit(context, mine, attempt.commitment()))) {
    observe({ kind: 'fenced', stage: stage.name, lane: mine.lane, epoch: mine.epoch });
    return requireCovered(context, mine.lane, (reached) => !isAfter(attempt.position, reached));
  }
  observe({
    kind: 'gathered',
    stage: stage.name,
    lane: mine.lane,
    epoch: mine.epoch,
    ...attempt.tally,
    segments,
    watermark: attempt.watermark,
    slots: attempt.fold.slots(),
  });
  await advance(context, mine.watermark, attempt.watermark);
}
