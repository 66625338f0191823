import {
  HoppingWindow,
  SessionWindow,
  SlidingWindow,
  TumblingWindow,
  type WindowKind,
} from '../../src/index.ts';
import { latenessOf } from './revisions.ts';
import { type Bounds, numberIn, type Vector } from './vector.ts';

/** How one vector's windows, clock and lateness are said in our words. Times in ms. */
export interface WindowSettings {
  readonly window: WindowKind;
  /** The engines look at every instant. */
  readonly resolution: number | undefined;
  readonly outOfOrderness: number;
  readonly allowedLateness: number;
  /** Our watermark for a watermark of the engine. */
  watermark(theirs: number): number;
  /** The engine's bounds for a window of ours; `undefined` if it has no such window. */
  bounds(ours: Bounds): Bounds | undefined;
}

type Kind = 'tumbling' | 'hopping' | 'session' | 'sliding';

/** `undefined`: a window that we do not have. */
export function windowSettings(vector: Vector): WindowSettings | undefined {
  const { engine, params } = vector;
  const nested = typeof params.window === 'object' ? params.window : undefined;
  const settings = nested ?? params;
  const kind = (nested as { type?: string } | undefined)?.type ?? params.window;
  if (!isKind(kind)) return undefined;
  if (engine === 'kafka-streams') return kafka(kind, settings, numberIn(params, 'grace') ?? 0);
  const allowedLateness = latenessOf(vector);
  const common = engine === 'flink' ? flink(kind, settings) : beam(kind, settings);
  // Revisions come at every instant at which the watermark goes on.
  return allowedLateness > 0 ? { ...common, allowedLateness, resolution: 1 } : common;
}

const isKind = (kind: unknown): kind is Kind =>
  ['tumbling', 'hopping', 'session', 'sliding'].includes(String(kind));

/** Stream time is the greatest time seen, and a window closes `grace` behind it. */
function kafka(kind: Kind, settings: unknown, graceMs: number): WindowSettings {
  const gapMs = numberIn(settings, 'gap') ?? 0;
  return {
    ...windowOf(kind, settings, gapMs),
    outOfOrderness: graceMs,
    watermark: (theirs) => theirs,
    allowedLateness: 0,
    // A session ends with its last event there, a sliding window with its last instant. And no window
    // starts before 1970.
    bounds({ start, end }) {
      if (kind === 'session') return { start, end: end - gapMs };
      if (start < 0) return undefined;
      return { start, end: kind === 'sliding' ? end - 1 : end };
    },
  };
}

/**
 * Two events exactly a gap apart are one session there too, but it has fired by then if the watermark
 * came between. Ours waits one ms for that event: at their watermark w + 1.
 */
function flink(kind: Kind, settings: unknown): WindowSettings {
  return {
    ...windowOf(kind, settings, numberIn(settings, 'gap') ?? 0),
    outOfOrderness: NOT_FROM_EVENTS,
    allowedLateness: 0,
    watermark: (theirs) => (kind === 'session' ? theirs + 1 : theirs),
    bounds: (ours) => ours,
  };
}

/**
 * A watermark of w promises only what lies before w. Two events exactly a gap apart are two sessions:
 * in whole ms that is a gap of ours that is one shorter.
 */
function beam(kind: Kind, settings: unknown): WindowSettings {
  return {
    ...windowOf(kind, settings, (numberIn(settings, 'gap') ?? 0) - 1),
    outOfOrderness: NOT_FROM_EVENTS,
    allowedLateness: 0,
    watermark: (theirs) => theirs - 1,
    bounds: ({ start, end }) => ({ start, end: kind === 'session' ? end + 1 : end }),
  };
}

/** Their watermarks come as inputs: no event of a vector is so far ahead that it moves ours. */
export const NOT_FROM_EVENTS = 1_000_000_000_000_000;

function windowOf(
  kind: Kind,
  settings: unknown,
  gapMs: number,
): Pick<WindowSettings, 'window' | 'resolution'> {
  const sizeMs = numberIn(settings, 'size') ?? 0;
  const offset = numberIn(settings, 'offset') ?? 0;
  if (kind === 'sliding') {
    const spanMs = numberIn(settings, 'timeDifference') ?? 0;
    return { window: SlidingWindow.ofTimeDifference(spanMs), resolution: 1 };
  }
  if (kind === 'session') return { window: SessionWindow.withGap(gapMs), resolution: 1 };
  const window =
    kind === 'tumbling'
      ? TumblingWindow.of(sizeMs, 1, { offset })
      : HoppingWindow.of(sizeMs).every(numberIn(settings, 'advance') ?? sizeMs, 1, { offset });
  // Their own ends are a grid on which they close exactly.
  return { window, resolution: undefined };
}
