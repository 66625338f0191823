import { LaneNotReadyError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { GatheredObservation } from '../observability/observer.ts';
import type { Item } from '../store/store.ts';
import { laneIn } from '../topology/plan.ts';
import { recordAborted } from './aborted.ts';
import { advance } from './advance.ts';
import { Attempt, type Learnt } from './attempt.ts';
import type { Batch } from './batch.ts';
import { Cuts } from './cuts.ts';
import { claim, commit, type Lane, requireCovered } from './lane.ts';
import { checkMeta } from './meta.ts';
import { writeEach } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { isAfter } from './position.ts';
import { isLetIn, register } from './register.ts';
import { Rows, readsMax } from './rows.ts';
import { segmentsOf } from './segments.ts';
import { timed } from './timed.ts';

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
export async function gather(context: StageContext, batch: Batch): Promise<Gathered> {
  const lane = laneIn(context.stage, batch.source, batch.lane);
  try {
    return await gatherInto(context, lane, batch);
  } catch (error) {
    context.observe({ kind: 'undone', stage: context.stage.name, lane, error });
    throw error;
  }
}

async function gatherInto(context: StageContext, lane: string, batch: Batch): Promise<Gathered> {
  await checkMeta(context);
  const mine = await timed(context, 'claim', () => claimOrRegister(context, lane));
  const attempted = await timed(context, 'fold', () => storable(context, mine, batch));
  const { attempt } = attempted;
  if (attempt.hasTaken) await finish(context, mine, attempted);
  const { stoppedAt, stoppedBy: reason = 'VALUE' } = attempt;
  if (stoppedAt !== undefined) {
    const where = { stage: context.stage.name, lane, epoch: mine.epoch, position: stoppedAt };
    context.observe({ kind: 'stopped', ...where, reason });
  }
  return { stoppedAt };
}

/** An attempt, and its contributions as they are stored. */
interface Attempted {
  readonly attempt: Attempt;
  readonly segments: readonly Item[];
}

/** Runs an attempt until all rows that it looks up are at hand, and all that it makes can be stored. */
async function storable(context: StageContext, mine: Lane, batch: Batch): Promise<Attempted> {
  const rows = new Rows(context.lookups, batch.now);
  for (let cuts = Cuts.NONE; ; ) {
    const attempt = await attemptWith(context, mine, batch, { rows, cuts });
    const { items, tooLarge } = segmentsOf(context, mine, attempt.fold);
    if (tooLarge.length === 0) return { attempt, segments: items };
    cuts = cuts.and(tooLarge);
  }
}

async function attemptWith(
  context: StageContext,
  mine: Lane,
  batch: Batch,
  learnt: Learnt,
): Promise<Attempt> {
  for (let left = readsMax(context.stage.inputs); ; left--) {
    const attempt = attemptOn(context, mine, batch, learnt);
    if (!learnt.rows.areMissing) return attempt;
    invariant(left > 0, 'a key to look up is a function of its event alone');
    await learnt.rows.read();
  }
}

/** Records that share a position are taken together or not at all. */
function attemptOn(context: StageContext, mine: Lane, batch: Batch, learnt: Learnt): Attempt {
  const { records } = batch;
  const attempt = new Attempt(context, mine, batch, learnt);
  attempt.take(records);
  if (attempt.stoppedAt === undefined || attempt.position !== attempt.stoppedAt) return attempt;
  const whole = new Attempt(context, mine, batch, learnt);
  whole.take(records, attempt.stoppedAt);
  whole.stoppedAt = attempt.stoppedAt;
  whole.stoppedBy = attempt.stoppedBy;
  return whole;
}

/** A claim never creates a lane: an unknown one has to be registered first, all others with it. */
async function claimOrRegister(context: StageContext, lane: string): Promise<Lane> {
  const known = await claimLetIn(context, lane);
  if (known) return known;
  await register(context);
  const registered = await claimLetIn(context, lane);
  if (registered) return registered;
  throw new LaneNotReadyError(`lane ${lane} continues lanes that are not read to their end`, {
    hint: 'It is read as soon as its parents have ended; the batch comes again.',
  });
}

/** A lane that is there without holding the stage's watermark could contribute to what is closed. */
async function claimLetIn(context: StageContext, lane: string): Promise<Lane | undefined> {
  const mine = await claim(context, lane);
  return mine && (mine.ended || (await isLetIn(context, lane))) ? mine : undefined;
}

async function finish(context: StageContext, mine: Lane, attempted: Attempted): Promise<void> {
  const { attempt, segments } = attempted;
  if (mine.ended) {
    // The stream was made anew, and its shards have other lanes: registering them says so.
    await register(context);
    throw new LaneNotReadyError(
      `lane ${mine.lane} has ended, and there are records after its end`,
      {
        hint: 'If the stream was made anew, the batch comes again under the name of its new lane.',
      },
    );
  }
  await timed(context, 'write', () => writeAll(context, attempted));
  const isMine = await timed(context, 'commit', async () => {
    await recordAborted(context, mine);
    return commit(context, mine, { ...attempt.commitment(), recordsAt: context.clock() });
  });
  if (!isMine) {
    const { lane, epoch } = mine;
    context.observe({ kind: 'fenced', stage: context.stage.name, lane, epoch });
    return requireCovered(context, lane, (reached) => !isAfter(attempt.position, reached));
  }
  context.observe(gatheredBy(context, mine, attempt, segments.length));
  await timed(context, 'advance', () => advance(context, mine.watermark, attempt.watermark));
}

/** Everything that an attempt makes, before it commits; contributions stay invisible until then. */
async function writeAll(context: StageContext, { attempt, segments }: Attempted): Promise<void> {
  if (segments.length > 0) await context.store.putAll('state', segments);
  if (attempt.letters.length > 0) await context.deadLetters.write(attempt.letters);
  if (attempt.late.length > 0) await context.lateEvents?.write(attempt.late);
  await writeEach(context.outlets, attempt.outputs);
}

function gatheredBy(
  { stage }: StageContext,
  { lane, epoch }: Lane,
  attempt: Attempt,
  segments: number,
): GatheredObservation {
  const { tally, bytes, lateAllowed, arrivalTime, watermark } = attempt;
  return {
    kind: 'gathered',
    stage: stage.name,
    lane,
    epoch,
    ...tally,
    duplicates: attempt.duplicates,
    bytes,
    lateKept: attempt.late.length,
    lateAllowed,
    segments,
    arrivalTime,
    watermark,
    slots: attempt.fold.slots(),
  };
}
