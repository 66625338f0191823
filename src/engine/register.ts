import { invariant } from '../invariant.ts';
import type { Shard } from '../sources/source.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { readTarget } from './bucket.ts';
import { laneOf, laneRange, lanesKey } from './keys.ts';
import { createLane, emptyAttempt, readLane } from './lane.ts';
import type { StageContext } from './ports.ts';
import { BEFORE_ALL } from './position.ts';
import { readAll } from './read-all.ts';

/**
 * Brings the lanes of a stage in line with the shards of its log: on first contact, after a split or
 * a merge, after a stream was made anew. Anybody may do it at any time, any number of times.
 */
export async function register(context: StageContext): Promise<void> {
  // Before the listing: a lane that joined the set after it may be missing from it.
  const before = await readSet(context);
  const shards = await context.log.shards();
  const listed = new Map(shards.map((shard) => [shard.lane, shard]));
  await firstContact(context, shards, listed);
  const lanes = await readAll(context.store, 'control', laneRange(context.stage.name));
  const known = new Set(lanes.map(laneOf));
  const ended = new Set(lanes.filter((item) => item.ended === 1).map(laneOf));
  const inSet = new Set((await readSet(context))?.lanes);
  for (const shard of shards) {
    // In the set without being there: whoever let it in died before creating it.
    const isNew = inSet.has(shard.lane) ? !known.has(shard.lane) : !ended.has(shard.lane);
    if (isRoot(shard, listed) && isNew) await joinLate(context, shard);
    if (shard.closed) await retire(context, shard.lane, listed);
  }
  for (const lane of before?.lanes ?? []) {
    if (!listed.has(lane)) await retire(context, lane, listed);
  }
}

/** The shards that the log lists, by their lanes. */
type Listed = ReadonlyMap<string, Shard>;

const isRoot = (shard: Shard, listed: Listed): boolean =>
  !shard.parents.some((parent) => listed.has(parent));

/**
 * Every first lane, and only then the set that lists them: without the set there is no stage
 * watermark, so nothing closes before all are known.
 */
async function firstContact(
  context: StageContext,
  shards: readonly Shard[],
  listed: Listed,
): Promise<void> {
  if (await readSet(context)) return;
  const roots = shards.filter((shard) => isRoot(shard, listed)).map((shard) => shard.lane);
  if (roots.length === 0) return;
  await Promise.all(roots.map((lane) => createLane(context, lane)));
  // Also those of an earlier try that did not come to the set, of a stream that was made anew since: they
  // have contributed, and nobody but the set sees to it that they are ended.
  const known = await readAll(context.store, 'control', laneRange(context.stage.name));
  const lanes = [...new Set([...roots, ...known.map(laneOf)])];
  const set = { lanes, version: 1 };
  await context.store.update('control', lanesKey(context.stage.name), { set }, { exists: false });
}

/**
 * A root that came after first contact, of a stream that was made anew, joins the set before its lane
 * exists, and so holds the stage's watermark. What was closed by then stays closed to it: its own
 * watermark starts where the others had brought the stage, since no advance that is still under way
 * can have seen them further on, and not below what the buckets were told.
 */
async function joinLate(context: StageContext, shard: Shard): Promise<void> {
  const before = await readSet(context);
  // A parent is still in the set, though no longer listed: this is its child, and comes in by their swap.
  if (shard.parents.some((parent) => before?.lanes.includes(parent))) return;
  await swap(context, [], [shard.lane]);
  const others = (await readSet(context))?.lanes.filter((lane) => lane !== shard.lane) ?? [];
  const lanes = await Promise.all(others.map((lane) => readLane(context, lane)));
  // One that has no item yet is joining as well, and finds its own start in the same way.
  const reached = lanes.flatMap((lane) => (lane === undefined ? [] : [lane.watermark]));
  const closed = await readTarget(context);
  const least = reached.length > 0 ? Math.min(...reached) : MIN_TIME;
  const watermark = Math.max(least, closed - 1, MIN_TIME);
  await createLane(context, shard.lane, watermark);
  const lane = await readLane(context, shard.lane);
  if (lane === undefined || lane.watermark >= watermark) return;
  await emptyAttempt(context, lane, () => ({ watermark }));
}

/** Ends a lane whose shard is closed and read through, and lets its children take its place. */
async function retire(context: StageContext, lane: string, listed: Listed): Promise<void> {
  const set = await readSet(context);
  if (!set?.lanes.includes(lane)) return;
  // It joined, but whoever let it in died before creating it, and its shard is gone by now.
  if (!listed.has(lane)) await createLane(context, lane);
  if (!(await ended(context, lane))) return;
  const children = [...listed.values()].filter((shard) => shard.parents.includes(lane));
  const isExpected = (name: string): boolean => listed.has(name) || set.lanes.includes(name);
  const ready = await Promise.all(children.map((child) => createChild(context, child, isExpected)));
  if (!ready.every(Boolean)) return;
  const known = children.flatMap((child) => child.parents).filter((p) => set.lanes.includes(p));
  await swap(
    context,
    [...new Set([lane, ...known])],
    children.map((child) => child.lane),
  );
}

/** True if the lane is ended, now or before. */
async function ended(context: StageContext, name: string): Promise<boolean> {
  const lane = await readLane(context, name);
  if (lane === undefined) return false;
  if (lane.ended) return true;
  const after = lane.position === BEFORE_ALL ? undefined : lane.position;
  if (!(await context.log.probe(name, after)).drained) return false;
  const done = await emptyAttempt(context, lane, () => ({ ended: 1 }));
  if (done) context.observe({ kind: 'ended', stage: context.stage.name, lane: name });
  return done;
}

/** Creates a child once all its parents have ended, from the lowest of their watermarks. */
async function createChild(
  context: StageContext,
  child: Shard,
  isExpected: (parent: string) => boolean,
): Promise<boolean> {
  const watermarks: number[] = [];
  for (const name of child.parents) {
    const parent = await readLane(context, name);
    if (parent?.ended) watermarks.push(parent.watermark);
    // Neither listed nor in the set: it left the log before this stage ever read it.
    else if (isExpected(name)) return false;
  }
  invariant(watermarks.length > 0, `child ${child.lane} has a parent that ended`);
  await createLane(context, child.lane, Math.min(...watermarks));
  return true;
}

interface LaneSet {
  readonly lanes: readonly string[];
  readonly version: number;
}

async function readSet(context: StageContext): Promise<LaneSet | undefined> {
  const item = await context.store.get('control', lanesKey(context.stage.name));
  return item && { lanes: item.lanes as readonly string[], version: Number(item.version) };
}

/** Replaces `out` by `into` in one write; refused if the set changed meanwhile, and then tried again. */
async function swap(
  context: StageContext,
  out: readonly string[],
  into: readonly string[],
): Promise<void> {
  for (;;) {
    const set = await readSet(context);
    if (set === undefined || !out.every((lane) => set.lanes.includes(lane))) return;
    const stay = set.lanes.filter((lane) => !out.includes(lane) && !into.includes(lane));
    const written = await context.store.update(
      'control',
      lanesKey(context.stage.name),
      { set: { lanes: [...stay, ...into], version: set.version + 1 } },
      { equals: { version: set.version } },
    );
    if (written !== undefined) return;
  }
}
