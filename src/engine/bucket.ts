import { MIN_TIME } from '../time/watermark.ts';
import { bucketKey } from './keys.ts';
import type { StageContext, StageStore } from './ports.ts';

/** How far a bucket may fire, and how far it has. Both only rise. */
export interface Bucket {
  /** All slots up to here are closed. */
  readonly target: number;
  /** Wall time at which it came to be that far, ms; `undefined`: it was not written down. */
  readonly raisedAt: number | undefined;
  /** All slots up to here are fired. */
  readonly firedThrough: number;
  /** How far a slot came that was too large for one invocation. */
  readonly cursor: Cursor | undefined;
}

/** That a target rose, and the wall time at which it did, ms. */
export interface Raise {
  readonly target: number;
  readonly raisedAt: number;
}

/** The chunks of this slot before this one are out. True for ever: a slot has the same chunks at every firing. */
export interface Cursor {
  readonly slot: number;
  readonly chunk: number;
}

/** MIN_TIME in both while nothing has closed yet. */
export async function readBucket(context: StageStore, bucket: number): Promise<Bucket> {
  const item = await context.store.get('control', bucketKey(context.stage.name, bucket));
  return {
    target: item?.target === undefined ? MIN_TIME : Number(item.target),
    raisedAt: item?.raisedAt === undefined ? undefined : Number(item.raisedAt),
    firedThrough: item?.firedThrough === undefined ? MIN_TIME : Number(item.firedThrough),
    cursor:
      item?.cursorSlot === undefined
        ? undefined
        : { slot: Number(item.cursorSlot), chunk: Number(item.cursorChunk) },
  };
}

export const bucketsOf = (context: Pick<StageContext, 'stage'>): number[] =>
  Array.from({ length: context.stage.buckets }, (_, bucket) => bucket);

/** The highest target that any bucket has. */
export async function readTarget(context: StageContext): Promise<number> {
  const buckets = await Promise.all(bucketsOf(context).map((n) => readBucket(context, n)));
  return Math.max(...buckets.map((bucket) => bucket.target));
}

/** Raises the target of every bucket, also of those with nothing to fire: each is a lane of what comes next. */
export async function raiseTargets(context: StageContext, target: number): Promise<void> {
  const { store, stage } = context;
  const set = { target, raisedAt: context.clock() };
  await Promise.all(
    bucketsOf(context).map((n) =>
      store.update('control', bucketKey(stage.name, n), { set }, { below: { target } }),
    ),
  );
}

/** Makes firings final. False if they were already. */
export async function commitFired(
  context: StageContext,
  bucket: number,
  firedThrough: number,
): Promise<boolean> {
  const { store, stage } = context;
  const set = { firedThrough };
  const key = bucketKey(stage.name, bucket);
  return (await store.update('control', key, { set }, { below: set })) !== undefined;
}

/** Remembers how far a slot came. */
export async function saveCursor(
  { store, stage }: StageContext,
  bucket: number,
  { slot, chunk }: Cursor,
): Promise<void> {
  const set = { cursorSlot: slot, cursorChunk: chunk };
  await store.update('control', bucketKey(stage.name, bucket), { set }, { exists: true });
}

/** FNV-1a over UTF-16 units with the finalizer of MurmurHash3, so that the low bits are mixed too. */
export function bucketOfKey(key: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % buckets;
}
