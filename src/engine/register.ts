import { LaneNotReadyError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Shard } from '../sources/source.ts';
import { MIN_TIME } from '../time/watermark.ts';
import { readTarget } from './bucket.ts';
import { type Delivered, deliveredBefore, deliveredText, parseDelivered } from './delivered.ts';
import { laneOf, laneRange, lanesKey } from './keys.ts';
import { createLane, emptyAttempt, readLane } from './lane.ts';
import { checkMeta } from './meta.ts';
import type { StageContext } from './ports.ts';
import { BEFORE_ALL } from './position.ts';
import { mergedProducers } from './producers.ts';
import { readAll } from './read-all.ts';

/**
 * Brings the lanes of a stage in line with the shards of its log: on first contact, after a split or
 * a merge, after a stream was made anew. Anybody may do it at any time, any number of times, with a
 * listing of the shards that is long out of date.
 *
 * A lane contributes only once it was seen in the set, and leaves the set only when it has ended: what
 * is in the set holds the stage's watermark, what is not has nothing to say.
 */
export async function register(context: StageContext): Promise<void> {
  // Before the listing: a lane that joined the set after it may be missing from it.
  const before = await readSet(context);
  const shards = await context.log.shards();
  const listed = new Map(shards.map((shard) => [shard.lane, shard]));
  const roots = shards.filter((shard) => isRoot(shard, listed));
  if (before === undefined) await firstContact(context, shards, roots);
  const known = await readAll(context.store, 'control', laneRange(context.stage.name));
  const lanes = new Set(known.map(laneOf));
  for (const root of roots) if (!lanes.has(root.lane)) await join(context, root);
  for (const { lane, closed } of shards) if (closed) await retire(context, lane, listed);
  for (const lane of before?.lanes ?? []) {
    if (!listed.has(lane)) await retire(context, lane, listed);
  }
}

/** The shards that the log lists, by their lanes. */
type Listed = ReadonlyMap<string, Shard>;

const isRoot = (shard: Shard, listed: Listed): boolean =>
  !shard.parents.some((parent) => listed.has(parent));

/**
 * Makes sure that a stage is known before a record is read by any stage beside it: how far those have
 * read tells later what the stage was delivered and what came before its time.
 *
 * @throws LaneNotReadyError as long as the log lists no shards
 */
export async function meet(context: StageContext): Promise<void> {
  const { memory, stage } = context;
  if (memory.met) return;
  await checkMeta(context);
  if ((await readSet(context)) === undefined) {
    await register(context);
    if ((await readSet(context)) === undefined) {
      throw new LaneNotReadyError(`the log of stage ${stage.name} lists no shards yet`, {
        hint: 'The batch comes again, and is read once they are listed.',
      });
    }
  }
  memory.met = true;
}

/** The set that lists every first lane; nothing closes before all of them are there. */
async function firstContact(
  context: StageContext,
  shards: readonly Shard[],
  roots: readonly Shard[],
): Promise<void> {
  if (roots.length === 0) return;
  const lanes = roots.map((root) => root.lane);
  const delivered = deliveredText(await deliveredBefore(context, shards));
  const set = { lanes, first: lanes, version: 1, ...(delivered.length > 0 && { delivered }) };
  await context.store.update('control', lanesKey(context.stage.name), { set }, { exists: false });
}

/**
 * Lets a root in and creates its lane: into the set first, where it holds the stage's watermark. Only
 * one that has no lane yet may come in, or it could come in again after it has ended and left.
 */
async function join(context: StageContext, { lane, parents }: Shard): Promise<void> {
  for (;;) {
    const set = await readSet(context);
    if (set === undefined || (await readLane(context, lane)) !== undefined) return;
    if (set.lanes.includes(lane)) break;
    // A parent is still in the set, though no longer listed: this is its child, and comes in by their swap.
    if (parents.some((parent) => set.lanes.includes(parent))) return;
    if (await replace(context, set, [], [lane])) break;
  }
  await create(context, lane, await watermarkOf(context, lane));
}

/** Creates a lane, unless it is there: after what came before the time of the stage. */
async function create(
  context: StageContext,
  lane: string,
  watermark: number,
  producers: readonly string[] = [],
): Promise<void> {
  const position = (await readSet(context))?.delivered.get(lane) ?? BEFORE_ALL;
  await createLane(context, lane, { position, watermark, producers });
}

/**
 * From which watermark a lane that is in the set begins. One of first contact at the beginning. One that came later,
 * of a stream that was made anew, where the others have brought the stage: what was closed by then
 * stays closed to it. That is where they are now, as no advance that is still under way can have seen
 * them further on; where those were that have left; and what the buckets were told.
 */
async function watermarkOf(context: StageContext, lane: string): Promise<number> {
  const set = await readSet(context);
  if (set === undefined || set.first.includes(lane)) return MIN_TIME;
  const others = set.lanes.filter((other) => other !== lane);
  const closed = await readTarget(context);
  return Math.max(await leastOf(context, others), set.floor, closed - 1, MIN_TIME);
}

/** The least watermark of those lanes that are there: one without is joining as well. */
async function leastOf(context: StageContext, names: readonly string[]): Promise<number> {
  const lanes = await Promise.all(names.map((name) => readLane(context, name)));
  const watermarks = lanes.flatMap((lane) => (lane === undefined ? [] : [lane.watermark]));
  return watermarks.length > 0 ? Math.min(...watermarks) : MIN_TIME;
}

/** Ends a lane whose shard is closed and read through, and lets its children take its place. */
async function retire(context: StageContext, lane: string, listed: Listed): Promise<void> {
  const set = await readSet(context);
  if (!set?.lanes.includes(lane)) return;
  // It joined, but whoever let it in died before creating it, and its shard is gone by now.
  if (!listed.has(lane)) await create(context, lane, await watermarkOf(context, lane));
  if (!(await ended(context, lane))) return;
  const children = [...listed.values()].filter((shard) => shard.parents.includes(lane));
  const states = await Promise.all(
    children.map((child) => createChild(context, child, listed, set.lanes)),
  );
  if (states.includes('waits')) return;
  const known = children.flatMap((child) => child.parents).filter((p) => set.lanes.includes(p));
  await swap(
    context,
    [...new Set([lane, ...known])],
    children.filter((_, n) => states[n] === 'ready').map((child) => child.lane),
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

/**
 * Creates a child once all its parents have ended, from the lowest watermark of those that it takes the
 * place of: one that has left the set does not hold the stage any more. Copies of what any of them has
 * taken may come to the child.
 *
 * `waits`: not yet. `left`: it came in by itself when its parents were listed no more, has ended, and its
 * own children are there.
 */
async function createChild(
  context: StageContext,
  { lane, parents }: Shard,
  listed: Listed,
  inSet: readonly string[],
): Promise<'ready' | 'waits' | 'left'> {
  const watermarks: number[] = [];
  const producers: (readonly string[])[] = [];
  for (const name of parents) {
    const parent = await readLane(context, name);
    const holds = inSet.includes(name);
    if (parent?.ended && holds) watermarks.push(parent.watermark);
    if (parent?.ended) producers.push(parent.producers);
    // Neither listed nor in the set: it left the log before this stage ever read it.
    if (!parent?.ended && (holds || listed.has(name))) return 'waits';
  }
  invariant(watermarks.length > 0, `child ${lane} has a parent that ended`);
  const start = Math.min(...watermarks);
  await create(context, lane, start, mergedProducers(producers));
  const child = await readLane(context, lane);
  if (child?.ended && !inSet.includes(lane)) return 'left';
  // It came in by itself when its parents were listed no more: what it begins at is what it is judged by.
  if (child === undefined || child.watermark >= start || inSet.includes(lane)) return 'ready';
  // Left of a try whose swap was refused, by parents that have gone without it.
  const raised = await emptyAttempt(context, child, async () =>
    (await readSet(context))?.lanes.includes(lane) ? undefined : { watermark: start },
  );
  return raised ? 'ready' : 'waits';
}

interface LaneSet {
  readonly lanes: readonly string[];
  /** Those of first contact. */
  readonly first: readonly string[];
  /** How far the stage can have been brought by lanes that have left. */
  readonly floor: number;
  /** What came before first contact. */
  readonly delivered: Delivered;
  readonly version: number;
}

async function readSet(context: StageContext): Promise<LaneSet | undefined> {
  const item = await context.store.get('control', lanesKey(context.stage.name));
  return (
    item && {
      lanes: item.lanes as readonly string[],
      first: item.first as readonly string[],
      floor: Number(item.floor ?? MIN_TIME),
      delivered: parseDelivered((item.delivered ?? []) as readonly string[]),
      version: Number(item.version),
    }
  );
}

/** Replaces `out` by `into`, unless `out` is gone already. */
async function swap(
  context: StageContext,
  out: readonly string[],
  into: readonly string[],
): Promise<void> {
  for (;;) {
    const set = await readSet(context);
    if (set === undefined || !out.every((lane) => set.lanes.includes(lane))) return;
    if (await replace(context, set, out, into)) return;
  }
}

/** False, and nothing done, if the set is not as it was read. */
async function replace(
  context: StageContext,
  { lanes, floor, version }: LaneSet,
  out: readonly string[],
  into: readonly string[],
): Promise<boolean> {
  const stay = lanes.filter((lane) => !out.includes(lane) && !into.includes(lane));
  const reached = out.length > 0 ? await leastOf(context, lanes) : MIN_TIME;
  const set = {
    lanes: [...stay, ...into],
    floor: Math.max(floor, reached),
    version: version + 1,
  };
  const key = lanesKey(context.stage.name);
  const written = await context.store.update('control', key, { set }, { equals: { version } });
  return written !== undefined;
}

/** True if a lane was seen in the set. It does not leave before it has ended, so that once is enough. */
export async function isLetIn(context: StageContext, lane: string): Promise<boolean> {
  const { letIn } = context.memory;
  if (letIn.has(lane)) return true;
  for (const seen of (await readSet(context))?.lanes ?? []) letIn.add(seen);
  return letIn.has(lane);
}
