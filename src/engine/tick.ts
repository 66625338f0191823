import type { Probe } from '../sources/source.ts';
import { advanceStage } from './advance.ts';
import { bucketsOf, readBucket } from './bucket.ts';
import { type Lane, readLanes } from './lane.ts';
import { checkMeta } from './meta.ts';
import { type StageContext, sourceOf } from './ports.ts';
import { BEFORE_ALL } from './position.ts';
import { raise } from './raise.ts';
import { register } from './register.ts';

/**
 * What a schedule does for a stage: register new shards, prove idle lanes idle, close what can be
 * closed. Returns the buckets that lagged before: what this tick closes, the control stream fires.
 * Correctness does not depend on it, progress in quiet streams does.
 */
export async function tick(context: StageContext): Promise<number[]> {
  await checkMeta(context);
  const lagging = await laggingBuckets(context);
  if (context.sources.size > 0) {
    await register(context);
    await raiseIdle(context);
  }
  await advanceStage(context);
  return lagging;
}

async function laggingBuckets(context: StageContext): Promise<number[]> {
  const buckets = await Promise.all(
    bucketsOf(context).map(async (n) => ({ n, ...(await readBucket(context, n)) })),
  );
  return buckets.filter((b) => b.firedThrough < b.target).map((b) => b.n);
}

interface Probed {
  readonly lane: Lane;
  readonly probe: Probe;
}

/**
 * Idleness is proven, not guessed: a lane is idle if its shard is open and was just read to its end
 * without a record. It is then raised to the minimum of the lanes that are not idle, by an attempt
 * that holds only if nothing moved since the probe. If all are idle, nothing older than the source's
 * `maxDelay` can come any more.
 */
async function raiseIdle(context: StageContext): Promise<void> {
  const lanes = (await readLanes(context)) ?? [];
  const probed = await Promise.all(
    lanes.map(async (lane): Promise<Probed> => ({ lane, probe: await probeLane(context, lane) })),
  );
  const idle = probed.filter(isIdle);
  const raises = raisesOf(context, probed, idle);
  await Promise.all(raises.map(({ lane, watermark }) => raise(context, lane, watermark)));
}

const probeLane = (context: StageContext, { lane, position }: Lane): Promise<Probe> =>
  context.log.probe(lane, position === BEFORE_ALL ? undefined : position);

const isIdle = ({ lane, probe }: Probed): boolean => !lane.ended && !probe.behind && !probe.drained;

/**
 * Where each idle lane may be raised to. Lanes of a source that promises a `maxDelay` have a watermark
 * of their own even if all are idle, and the others follow them as they follow lanes that are not.
 */
function raisesOf(
  context: StageContext,
  probed: readonly Probed[],
  idle: readonly Probed[],
): { readonly lane: Lane; readonly watermark: number }[] {
  const busy = probed.filter((one) => !idle.includes(one)).map(({ lane }) => lane.watermark);
  const startedAt = Math.min(...idle.map(({ probe }) => probe.startedAt));
  const promised = idle.flatMap(({ lane }) => {
    const { maxDelayMs } = sourceOf(context, lane.lane);
    return maxDelayMs === undefined ? [] : [{ lane, watermark: startedAt - maxDelayMs - 1 }];
  });
  if (busy.length === 0 && promised.length === 0) return [];
  if (busy.length > 0) {
    const watermark = Math.min(...busy);
    return idle.map(({ lane }) => ({ lane, watermark }));
  }
  const watermark = Math.min(...promised.map((one) => one.watermark));
  const others = idle.filter(({ lane }) => !promised.some((one) => one.lane === lane));
  return [...promised, ...others.map(({ lane }) => ({ lane, watermark }))];
}
