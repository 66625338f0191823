import type { LanesSeen, TickedObservation } from '../observability/observer.ts';
import type { Probe } from '../sources/source.ts';
import { slotCovering } from '../time/slot.ts';
import { MIN_TIME } from '../time/watermark.ts';
import type { Bucket } from './bucket.ts';
import type { Lane } from './lane.ts';
import { type StageContext, sourceOf } from './ports.ts';

/** A lane, and what a look behind its position found. */
export interface Probed {
  readonly lane: Lane;
  readonly probe: Probe;
}

type Lagging = Bucket & { readonly n: number };

/** How a stage stands: told from what a tick has read anyway. */
export function ticked(
  context: StageContext,
  lagging: readonly Lagging[],
  probed: readonly Probed[] | undefined,
): TickedObservation {
  return {
    kind: 'ticked',
    stage: context.stage.name,
    lagging: lagging.length,
    firingLagMs: context.stage.buckets === 0 ? undefined : firingLag(context, lagging),
    lanes: probed && lanesSeen(context, probed),
  };
}

/**
 * The item of a bucket says when it was raised last, not first. One that has not moved since another
 * tick waits since then at least.
 */
function firingLag({ memory, clock }: StageContext, lagging: readonly Lagging[]): number {
  const now = clock();
  const before = new Map(memory.waiting);
  memory.waiting.clear();
  for (const { n, firedThrough, raisedAt = now } of lagging) {
    const known = before.get(n);
    const since = known?.firedThrough === firedThrough ? known.since : raisedAt;
    memory.waiting.set(n, { firedThrough, since });
  }
  const waited = [...memory.waiting.values()].map(({ since }) => now - since);
  return Math.max(0, ...waited);
}

function lanesSeen(context: StageContext, probed: readonly Probed[]): LanesSeen {
  const behind = probed.filter(({ probe }) => probe.behind).map(({ lane }) => lane);
  return {
    count: probed.length,
    behind: behind.length,
    heldBackMs: heldBack(context, behind),
    openSlots: openSlots(
      context,
      probed.map(({ lane }) => lane),
    ),
  };
}

/** The slowest lane holds the stage, unless it is idle: then it holds nothing. */
function heldBack({ clock }: StageContext, behind: readonly Lane[]): number {
  const least = Math.min(...behind.map(({ watermark }) => watermark));
  const now = clock();
  const held = behind
    .filter(({ watermark }) => watermark === least)
    .map(({ movedAt = now }) => now - movedAt);
  return Math.max(0, ...held);
}

/** A watermark follows the newest event at the distance that its source declares. */
function openSlots(context: StageContext, lanes: readonly Lane[]): number | undefined {
  const { stage, memory } = context;
  if (stage.buckets === 0 || memory.target === MIN_TIME) return undefined;
  const moved = lanes.filter(({ watermark }) => watermark > MIN_TIME);
  const newest = moved.map(
    ({ lane, watermark }) => watermark + 1 + sourceOf(context, lane).outOfOrdernessMs,
  );
  const last = slotCovering(Math.max(...newest), stage.resolutionMs);
  return newest.length === 0 ? 0 : Math.max(0, (last - memory.target) / stage.resolutionMs);
}
