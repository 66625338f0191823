import { readSegment } from '../schema/segment.ts';
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
  const range = segmentRange(stage.name, bucket, firedThrough + 1, MAX_TIME);
  let next: string | undefined;
  do {
    const page = await store.query('state', range, next);
    for (const item of page.items) {
      const { lane, epoch } = parseSegmentKey(item);
      if (isAborted(lane, epoch)) continue;
      readSegment(item.data as Uint8Array, stage.operator.codec, (slot, key, contribution) => {
        if (slot <= firedThrough) return;
        for (const windowStart of startsOf(stage, slot, contribution)) {
          see(seen, { windowStart, slot }, key);
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
 * The windows that a contribution is a part of, where its slot tells all there are. It makes a result of
 * the contribution to know: one that cannot be made yet says nothing.
 */
function startsOf(stage: StagePlan, slot: number, contribution: unknown): (number | undefined)[] {
  const { firing, lookBackMs } = stage.operator;
  if (firing.kind !== 'slot' || lookBackMs > 0) return [undefined];
  try {
    const results = firing.results([contribution], slot, stage.resolutionMs);
    return [...new Set(results.map(({ windowStart }) => windowStart))];
  } catch {
    return [undefined];
  }
}
