import { MINUTES } from '../time/duration.ts';
import { advanceStage } from './advance.ts';
import { bucketsOf, readBucket } from './bucket.ts';
import { type Lane, readLanes } from './lane.ts';
import { checkMeta } from './meta.ts';
import { type StageContext, sourceOf } from './ports.ts';
import { BEFORE_ALL } from './position.ts';
import { raise } from './raise.ts';
import { register } from './register.ts';
import { type Probed, ticked } from './ticked.ts';
import { timed } from './timed.ts';

/**
 * What a schedule does for a stage: register new shards, prove idle lanes idle, close what can be
 * closed. Returns the buckets that lagged before: what this tick closes, the control stream fires.
 * Correctness does not depend on it, progress in quiet streams does.
 */
export function tick(context: StageContext): Promise<number[]> {
  return timed(context, 'tick', async () => {
    await checkMeta(context);
    const buckets = await Promise.all(
      bucketsOf(context).map(async (n) => ({ n, ...(await readBucket(context, n)) })),
    );
    let probed: readonly Probed[] | undefined;
    if (context.sources.size > 0) {
      await register(context);
      probed = await raiseIdle(context);
    }
    await advanceStage(context);
    const lagging = buckets.filter(({ firedThrough, target }) => firedThrough < target);
    context.observe(ticked(context, lagging, probed));
    return lagging.map(({ n }) => n);
  });
}

/** Two of the periods in which the schedule ticks, so that a tick sees whatever has moved. */
const LATELY_MS = 2 * MINUTES;

/**
 * Idleness is proven, not guessed: a lane is idle if its shard is open and was just read to its end
 * without a record. It is then raised to the minimum of the lanes that are not idle, by an attempt
 * that holds only if nothing moved since the probe. If all are idle, nothing older than the source's
 * `maxDelay` can come any more; without such a promise, those that had records lately lead the others,
 * or a shard without records would hold a stream that is quick to read for ever.
 */
async function raiseIdle(context: StageContext): Promise<readonly Probed[]> {
  const lanes = (await readLanes(context)) ?? [];
  const probed = await Promise.all(
    lanes.map(async (lane): Promise<Probed> => ({ lane, probe: await probeLane(context, lane) })),
  );
  const idle = probed.filter(isIdle);
  const raises = raisesOf(context, probed, idle);
  await Promise.all(raises.map(({ lane, watermark }) => raise(context, lane, watermark)));
  return probed;
}

const probeLane = (context: StageContext, { lane, position }: Lane): Promise<Probed['probe']> =>
  context.log.probe(lane, position === BEFORE_ALL ? undefined : position);

const isIdle = ({ lane, probe }: Probed): boolean => !lane.ended && !probe.behind && !probe.drained;

const hadRecordsLately = ({ recordsAt }: Lane, now: number): boolean =>
  recordsAt !== undefined && now - recordsAt < LATELY_MS;

/** A lane, and a watermark that it has, or may be raised to. */
interface Standing {
  readonly lane: Lane;
  readonly watermark: number;
}

/**
 * Where each idle lane may be raised to. Lanes of a source that promises a `maxDelay` have a watermark
 * of their own even if all are idle, and the others follow them as they follow lanes that are not.
 */
function raisesOf(
  context: StageContext,
  probed: readonly Probed[],
  idle: readonly Probed[],
): readonly Standing[] {
  const busy = probed
    .filter((one) => !idle.includes(one))
    .map(({ lane }): Standing => ({ lane, watermark: lane.watermark }));
  const startedAt = Math.min(...idle.map(({ probe }) => probe.startedAt));
  const promised = idle.flatMap(({ lane }): Standing[] => {
    const { maxDelayMs } = sourceOf(context, lane.lane);
    return maxDelayMs === undefined ? [] : [{ lane, watermark: startedAt - maxDelayMs - 1 }];
  });
  const lively = idle
    .filter(({ lane }) => hadRecordsLately(lane, context.clock()))
    .map(({ lane }): Standing => ({ lane, watermark: lane.watermark }));
  const raised = busy.length > 0 ? [] : promised;
  const leaders = [busy, promised, lively].find((some) => some.length > 0);
  if (leaders === undefined) return [];
  const followers = idle.filter(({ lane }) => !leaders.some((one) => one.lane === lane));
  const following = followers.map(({ lane }) => ({
    lane,
    watermark: behind(context, lane, leaders),
  }));
  return [...raised, ...following];
}

/**
 * The least of the others, and farther back by as much as the source of this lane may be more out of
 * order than theirs: as if it had had an event at the time of their newest one.
 */
function behind(context: StageContext, lane: Lane, leaders: readonly Standing[]): number {
  const lagOf = ({ lane }: Lane): number => sourceOf(context, lane).outOfOrdernessMs;
  const watermarks = leaders.map(
    (leader) => leader.watermark - Math.max(0, lagOf(lane) - lagOf(leader.lane)),
  );
  return Math.min(...watermarks);
}
