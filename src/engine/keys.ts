import type { Key, Range } from '../store/store.ts';
import { parseSlotText, slotText } from '../time/slot.ts';

/** Where everything is stored, in one place. */
export const lanesKey = (stage: string): Key => ({ pk: stage, sk: 'lanes' });

export const metaKey = (stage: string): Key => ({ pk: stage, sk: 'meta' });

export const laneKey = (stage: string, lane: string): Key => ({ pk: stage, sk: `lane#${lane}` });

export const laneRange = (stage: string): Range => ({ pk: stage, from: 'lane#', to: 'lane#~' });

export const laneOf = (key: Key): string => key.sk.slice('lane#'.length);

export const abortedKey = (stage: string, lane: string, epoch: number): Key => ({
  pk: stage,
  sk: `aborted#${lane}#${epoch}`,
});

export const abortedRange = (stage: string): Range => ({
  pk: stage,
  from: 'aborted#',
  to: 'aborted#~',
});

/** The item whose change starts the firing of a bucket; a partition of its own. */
export const bucketKey = (stage: string, bucket: number): Key => ({
  pk: `${stage}#bucket#${bucket}`,
  sk: 'fire',
});

/** The inverse of bucketKey, or `undefined` for any other item of the control table. */
export function parseBucketKey(key: Key): { stage: string; bucket: number } | undefined {
  const match = /^(.*)#bucket#(\d+)$/.exec(key.pk);
  if (key.sk !== 'fire' || match?.[1] === undefined) return undefined;
  return { stage: match[1], bucket: Number(match[2]) };
}

/** What a key of a stage has to remember; a partition each. */
export const keyedStateKey = (stage: string, key: string): Key => ({
  pk: `${stage}#key#${key}`,
  sk: 'state',
});

const segmentPartition = (stage: string, bucket: number): string => `${stage}#${bucket}`;

/** A segment is filed under the last slot that it holds rows of. */
export const segmentKey = (
  stage: string,
  bucket: number,
  segment: { lastSlot: number; lane: string; epoch: number; number: number },
): Key => ({
  pk: segmentPartition(stage, bucket),
  sk: `${slotText(segment.lastSlot)}#${segment.lane}#${segment.epoch}#${segment.number}`,
});

/** Segments whose last slot lies in [from, to]. */
export const segmentRange = (stage: string, bucket: number, from: number, to: number): Range => ({
  pk: segmentPartition(stage, bucket),
  from: slotText(from),
  to: `${slotText(to)}~`,
});

export function parseSegmentKey(key: Key): { lastSlot: number; lane: string; epoch: number } {
  // From both ends: what a source calls its lanes is its own affair.
  const [, slot = '', lane = '', epoch = ''] = /^([^#]+)#(.*)#(\d+)#\d+$/s.exec(key.sk) ?? [];
  return { lastSlot: parseSlotText(slot), lane, epoch: Number(epoch) };
}
