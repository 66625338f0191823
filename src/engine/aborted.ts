import { abortedKey, abortedRange } from './keys.ts';
import type { StageContext, StageStore } from './ports.ts';
import { readAll } from './read-all.ts';
import { abortedExpiry } from './retention.ts';

/** An attempt, as its claim showed it. */
interface Claimed {
  readonly lane: string;
  readonly epoch: number;
  readonly committedEpoch: number;
}

/**
 * Records every epoch between the last committed one and this attempt as aborted, before the attempt
 * commits: whatever those wrote, or will still write, stays invisible for ever.
 */
export async function recordAborted(context: StageContext, mine: Claimed): Promise<void> {
  const from = mine.committedEpoch + 1;
  const to = mine.epoch - 1;
  if (from > to) return;
  await context.store.update('control', abortedKey(context.stage.name, mine.lane, mine.epoch), {
    set: { lane: mine.lane, from, to, expires: abortedExpiry(context) },
  });
}

export type IsAborted = (lane: string, epoch: number) => boolean;

/** Says of an attempt whether it is aborted; what it says of attempts at closed slots is final. */
export async function readAborted(context: StageStore): Promise<IsAborted> {
  const items = await readAll(context.store, 'control', abortedRange(context.stage.name));
  const byLane = new Map<string, { from: number; to: number }[]>();
  for (const item of items) {
    const lane = String(item.lane);
    const ranges = byLane.get(lane) ?? [];
    ranges.push({ from: Number(item.from), to: Number(item.to) });
    byLane.set(lane, ranges);
  }
  return (lane, epoch) =>
    byLane.get(lane)?.some((range) => range.from <= epoch && epoch <= range.to) ?? false;
}
