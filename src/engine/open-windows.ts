import type { SlotFiring } from '../operators/operator.ts';
import { readSegment } from '../schema/segment.ts';
import { slotCovering } from '../time/slot.ts';
import { MAX_TIME } from '../time/watermark.ts';
import type { StagePlan } from '../topology/plan.ts';
import { readAborted } from './aborted.ts';
import { bucketsOf, readBucket } from './bucket.ts';
import { parseSegmentKey, segmentRange } from './keys.ts';
import type { StageStore } from './ports.ts';

/** Keys that a stage has yet to look at, at one instant. */
export interface OpenWindow {
  /** Of windows that are the same for all keys; `undefined`: of others nothing but their end is known. */
  readonly windowStart: number | undefined;
  /** When it is complete, and told: the slot that it is filed under, ms. */
  readonly slot: number;
  /** How many keys have something in it. */
  readonly keys: number;
}

/**
 * What waits in the segments of a stage to be fired, in the order of time. Reads all of them, a bucket
 * at a time: memory holds the keys of one bucket.
 */
export async function openWindows(
  context: StageStore,
  onBucket: (done: number) => void = () => {},
): Promise<readonly OpenWindow[]> {
  const open = new Map<string, OpenWindow>();
  for (const bucket of bucketsOf(context)) {
    for (const [id, { keys, ...window }] of await openIn(context, bucket)) {
      open.set(id, { ...window, keys: (open.get(id)?.keys ?? 0) + keys.size });
    }
    onBucket(bucket + 1);
  }
  return [...open.values()].sort(
    (a, b) => a.slot - b.slot || (a.windowStart ?? 0) - (b.windowStart ?? 0),
  );
}

type Seen = Omit<OpenWindow, 'keys'> & { readonly keys: Set<string> };

async function openIn(context: StageStore, bucket: number): Promise<Map<string, Seen>> {
  const { stage, store } = context;
  const { firedThrough } = await readBucket(context, bucket);
  const isAborted = await readAborted(context);
  const seen = new Map<string, Seen>();
  const { lookBackMs, codec } = stage.operator;
  const range = segmentRange(stage.name, bucket, firedThrough + 1 - lookBackMs, MAX_TIME);
  let next: string | undefined;
  do {
    const page = await store.query('state', range, next);
    for (const item of page.items) {
      const { lane, epoch } = parseSegmentKey(item);
      if (isAborted(lane, epoch)) continue;
      readSegment(item.data as Uint8Array, codec, (slot, key, contribution) => {
        for (const window of windowsOf(stage, slot, contribution)) {
          if (window.slot > firedThrough) see(seen, window, key);
        }
      });
    }
    next = page.next;
  } while (next !== undefined);
  return seen;
}

function see(seen: Map<string, Seen>, window: Omit<OpenWindow, 'keys'>, key: string): void {
  const id = `${window.slot}/${window.windowStart}`;
  const there = seen.get(id) ?? { ...window, keys: new Set<string>() };
  there.keys.add(key);
  seen.set(id, there);
}

/**
 * The windows that a contribution is a part of: its slot tells some, later ones as far as they look back
 * the others. Of what has no windows that are the same for all keys, its own slot is all there is to say.
 */
function* windowsOf(
  { operator, resolutionMs }: StagePlan,
  filedUnder: number,
  contribution: unknown,
): Generator<Omit<OpenWindow, 'keys'>> {
  const { firing, lookBackMs } = operator;
  if (firing.kind !== 'slot') {
    yield { windowStart: undefined, slot: filedUnder };
    return;
  }
  const covering = (time: number): number => slotCovering(firing.nextLook(time), resolutionMs);
  let slot = covering(filedUnder - resolutionMs);
  for (; slot <= filedUnder + lookBackMs; slot = covering(slot)) {
    for (const windowStart of startsOf(firing, contribution, { slot, resolutionMs })) {
      yield { windowStart, slot };
    }
  }
}

/** It takes a result to know; one that cannot be made yet says nothing of its window but the end. */
function startsOf(
  firing: SlotFiring<unknown>,
  contribution: unknown,
  { slot, resolutionMs }: { readonly slot: number; readonly resolutionMs: number },
): (number | undefined)[] {
  try {
    const results = firing.results([contribution], slot, resolutionMs);
    return [...new Set(results.map(({ windowStart }) => windowStart))];
  } catch {
    return [undefined];
  }
}
