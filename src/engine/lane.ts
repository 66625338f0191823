import { FencedError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Change, Item } from '../store/store.ts';
import { recordAborted } from './aborted.ts';
import { laneKey, laneOf, laneRange, lanesKey } from './keys.ts';
import type { StageContext } from './ports.ts';
import { readAll } from './read-all.ts';

/** Where a lane stands: what its attempts have committed, and how many attempts there were. */
export interface Lane {
  readonly lane: string;
  /** The last record that is dealt with. */
  readonly position: string;
  readonly watermark: number;
  /** Wall time at which the watermark last rose, ms; `undefined`: it was not written down. */
  readonly movedAt: number | undefined;
  /** The number of the last attempt that began. */
  readonly epoch: number;
  /** The number of the last attempt that committed. */
  readonly committedEpoch: number;
  /** The shard is closed and everything in it is dealt with. */
  readonly ended: boolean;
  /** When it last committed records, ms; `undefined`: never. */
  readonly recordsAt: number | undefined;
  /** What it has seen of producers whose records bear an envelope. */
  readonly producers: readonly string[];
  /** How many copies of records it has passed over; they are in no tally. */
  readonly duplicates: number;
  readonly tally: Tally;
}

/** What became of the records of a lane, committed together with its position: every record once. */
export interface Tally {
  readonly records: number;
  readonly filtered: number;
  readonly late: number;
  readonly deadLetters: number;
}

export const NO_RECORDS: Tally = { records: 0, filtered: 0, late: 0, deadLetters: 0 };

/** Creates a lane unless it is there already. */
export async function createLane(
  context: StageContext,
  lane: string,
  { position, watermark, producers }: Pick<Lane, 'position' | 'watermark' | 'producers'>,
): Promise<void> {
  await context.store.update(
    'control',
    laneKey(context.stage.name, lane),
    {
      set: {
        position,
        watermark,
        movedAt: context.clock(),
        epoch: 0,
        committedEpoch: 0,
        ended: 0,
        ...(producers.length > 0 && { producers }),
        ...NO_RECORDS,
      },
    },
    { exists: false },
  );
}

export async function readLane(context: StageContext, lane: string): Promise<Lane | undefined> {
  const item = await context.store.get('control', laneKey(context.stage.name, lane));
  return item && toLane(item);
}

/** Takes the next epoch. A claim never creates a lane: `undefined` if there is none. */
export async function claim(context: StageContext, lane: string): Promise<Lane | undefined> {
  const key = laneKey(context.stage.name, lane);
  const item = await context.store.update('control', key, { add: { epoch: 1 } }, { exists: true });
  return item && toLane(item);
}

/**
 * Makes an attempt visible, on condition that no later one has begun. False if one has. Every attempt
 * between two that have committed is told of here, once.
 */
export async function commit(
  context: StageContext,
  mine: Lane,
  set: NonNullable<Change['set']>,
): Promise<boolean> {
  const committed = await context.store.update(
    'control',
    laneKey(context.stage.name, mine.lane),
    { set: { ...set, committedEpoch: mine.epoch } },
    { equals: { epoch: mine.epoch } },
  );
  if (committed === undefined) return false;
  const attempts = mine.epoch - mine.committedEpoch - 1;
  const { stage, observe } = context;
  const { lane, epoch } = mine;
  if (attempts > 0) observe({ kind: 'aborted', stage: stage.name, lane, epoch, attempts });
  return true;
}

/**
 * An attempt without records, which fences attempts in flight as any other does: `seen` is the lane
 * before whoever calls looked behind its position, and the claim holds only if nothing moved since.
 * `decide` says what to commit from what the claim returned; nothing, if it returns `undefined`.
 */
export async function emptyAttempt(
  context: StageContext,
  seen: Lane,
  decide: (mine: Lane) => Decision | Promise<Decision>,
): Promise<boolean> {
  const item = await context.store.update(
    'control',
    laneKey(context.stage.name, seen.lane),
    { add: { epoch: 1 } },
    { equals: { epoch: seen.epoch, position: seen.position, ended: 0 } },
  );
  if (item === undefined) return false;
  const mine = toLane(item);
  const set = await decide(mine);
  if (set === undefined) return false;
  await recordAborted(context, mine);
  return commit(context, mine, set);
}

type Decision = Change['set'] | undefined;

const READS_MAX = 3;

/**
 * The lanes whose minimum is the stage's watermark, or `undefined` while they are not all known:
 * before first contact, or when a swap went by between the reads. The lanes are read before the set
 * that lists them: the other way round, a lane could be missed and a window closed too early.
 */
export async function readLanes(context: StageContext): Promise<readonly Lane[] | undefined> {
  for (let read = 0; read < READS_MAX; read++) {
    const items = await readAll(context.store, 'control', laneRange(context.stage.name));
    const byName = new Map(items.map((item) => [laneOf(item), toLane(item)]));
    const set = await context.store.get('control', lanesKey(context.stage.name));
    if (set === undefined) return undefined;
    const lanes = (set.lanes as readonly string[]).map((lane) => byName.get(lane));
    if (lanes.every((lane) => lane !== undefined)) return lanes;
  }
  return undefined;
}

/** After a refused commit: fine if somebody else has dealt with all of it, else it must come again. */
export async function requireCovered(
  context: StageContext,
  lane: string,
  covers: (position: string) => boolean,
): Promise<void> {
  const now = await readLane(context, lane);
  invariant(now, `lane ${lane} is not deleted`);
  if (covers(now.position)) return;
  throw new FencedError(`lane ${lane} was taken by epoch ${now.epoch}`);
}

/** A lane as its item in the control table says. */
export function toLane(item: Item): Lane {
  return {
    lane: laneOf(item),
    position: String(item.position),
    watermark: Number(item.watermark),
    movedAt: item.movedAt === undefined ? undefined : Number(item.movedAt),
    epoch: Number(item.epoch),
    committedEpoch: Number(item.committedEpoch),
    ended: item.ended === 1,
    recordsAt: item.recordsAt === undefined ? undefined : Number(item.recordsAt),
    producers: (item.producers ?? []) as readonly string[],
    duplicates: Number(item.duplicates ?? 0),
    tally: {
      records: Number(item.records),
      filtered: Number(item.filtered),
      late: Number(item.late),
      deadLetters: Number(item.deadLetters),
    },
  };
}
