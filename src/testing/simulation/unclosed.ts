import { bucketKey } from '../../engine/keys.ts';
import type { World } from './world.ts';

/**
 * Buckets that have not fired what the last record belongs to, long after it came: windows stay open
 * for ever. Asked where all sources promise a `maxDelay`, as others may keep windows open that nothing
 * comes after.
 */
export function unclosed({ plan, store, lastRecordAt }: World): string[] {
  const promised = plan.sources.every(({ maxDelayMs }) => maxDelayMs !== undefined);
  if (!promised) return [];
  const fired = new Map(
    [...store.items('control')].map(({ pk, sk, firedThrough }) => [`${pk} ${sk}`, firedThrough]),
  );
  const buckets = plan.stages.flatMap((stage) =>
    Array.from({ length: stage.buckets }, (_, n) => bucketKey(stage.name, n)),
  );
  return buckets.flatMap(({ pk, sk }) => {
    const through = fired.get(`${pk} ${sk}`);
    if (through !== undefined && Number(through) > lastRecordAt) return [];
    return [`${pk} has fired through ${through}, and the last record came at ${lastRecordAt}`];
  });
}
