import { SECONDS, type WindowKind } from '../../src/index.ts';

/** An event that was not late, and the watermark of its lane just before it. */
export interface Taken {
  readonly at: number;
  readonly key: string;
  readonly watermark: number;
}

/** The grid on which sessions, and windows that take late events, are looked at. */
const GRID = SECONDS;

const closedThrough = (watermark: number, grid = GRID): number =>
  Math.floor((watermark + 1) / grid) * grid;

const slotOf = (at: number, grid = GRID): number => Math.floor(at / grid) * grid + grid;

/** What a world counts. Times in ms. */
export interface Windowing {
  readonly window: WindowKind;
  /** How long after the end of a window. */
  readonly latenessMs: number;
  /** The grid on which aligned windows that drop late events are looked at. Default: they all end on it. */
  readonly gridMs?: number;
}

/** The window still takes events at this watermark. */
function takes({ latenessMs, gridMs = 1 }: Windowing, end: number, watermark: number): boolean {
  const grid = latenessMs === 0 ? gridMs : GRID;
  return slotOf(end - 1 + latenessMs, grid) > closedThrough(watermark, grid);
}

/** Nothing can be made of the event any more: all of its windows are closed to it. */
export function isLate(windowing: Windowing, at: number, watermark: number): boolean {
  const { window, latenessMs } = windowing;
  if (window.kind === 'session') {
    return slotOf(at + window.gapMs + latenessMs) <= closedThrough(watermark);
  }
  if (window.kind === 'perEvent') {
    const reach = window.which === 'around' ? window.spanMs : 0;
    return slotOf(at + reach) <= closedThrough(watermark);
  }
  return windowsOf(window, at).every(([, end]) => !takes(windowing, end, watermark));
}

/** What a window of a key says, and how often: a look-back is told for each event. Times in ms. */
export interface Counted {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly times: number;
}

/** How many events are in each window of each key, under `start key`; the obvious way. */
export const counted = (windowing: Windowing, taken: readonly Taken[]): Map<string, number> =>
  new Map(windowsCounted(windowing, taken).map((one) => [`${one.start} ${one.key}`, one.count]));

/** How many events are in each window of each key; the obvious way. */
export function windowsCounted(windowing: Windowing, taken: readonly Taken[]): Counted[] {
  const keys = [...new Set(taken.map((one) => one.key))];
  return keys.flatMap((key) => {
    const own = taken.filter((one) => one.key === key);
    return countedOf(windowing, own).map((one) => ({ key, ...one }));
  });
}

function countedOf(windowing: Windowing, taken: readonly Taken[]): Omit<Counted, 'key'>[] {
  const { window, latenessMs } = windowing;
  if (window.kind === 'perEvent') {
    return [...aroundEvents(window, taken)].map(([start, count]) => {
      const last = start + window.spanMs;
      const times = window.which === 'around' ? 1 : taken.filter(({ at }) => at === last).length;
      return { start, end: last + 1, count, times };
    });
  }
  if (window.kind === 'session') {
    return sessionsOf(window.gapMs, latenessMs, taken).map(({ start, last, count }) => ({
      start,
      end: last + window.gapMs,
      count,
      times: 1,
    }));
  }
  const counts = new Map<number, number>();
  for (const { at, watermark } of taken) {
    for (const [start, end] of windowsOf(window, at)) {
      if (takes(windowing, end, watermark)) counts.set(start, (counts.get(start) ?? 0) + 1);
    }
  }
  return [...counts].map(([start, count]) => ({
    start,
    end: start + window.sizeMs,
    count,
    times: 1,
  }));
}

/** Every start at which a window could begin is tried. */
function windowsOf(window: Extract<WindowKind, { kind: 'aligned' }>, at: number) {
  const windows: [start: number, end: number][] = [];
  for (let start = at - window.sizeMs + 1; start <= at; start++) {
    const isStart = (start - window.offsetMs) % window.advanceMs === 0;
    if (isStart) windows.push([start, start + window.sizeMs]);
  }
  return windows;
}

/** Each window by itself: who begins it, and who of those that were there in time is in it. */
function aroundEvents(
  { spanMs, which }: Extract<WindowKind, { kind: 'perEvent' }>,
  taken: readonly Taken[],
): Map<number, number> {
  const counts = new Map<number, number>();
  const filed = taken.map(({ at, watermark }) => ({
    at,
    slot: Math.max(slotOf(at), closedThrough(watermark) + GRID),
  }));
  const tell = (start: number, isNeeded: (at: number) => boolean): void => {
    const inTime = filed.filter(({ slot }) => slot <= slotOf(start + spanMs));
    const within = inTime.filter(({ at }) => at >= start && at <= start + spanMs);
    if (within.length > 0 && inTime.some(({ at }) => isNeeded(at)))
      counts.set(start, within.length);
  };
  for (const { at: event } of filed) {
    tell(event - spanMs, (at) => at === event);
    if (which === 'around') tell(event + 1, (at) => at === event);
  }
  return counts;
}

interface Session {
  readonly start: number;
  readonly last: number;
  readonly count: number;
}

/**
 * Slot by slot: what is filed there joins the sessions that still take events; those that take no
 * more are done.
 */
function sessionsOf(gapMs: number, latenessMs: number, taken: readonly Taken[]): Session[] {
  const filed = taken.map(({ at, watermark }) => ({
    at,
    slot: Math.max(slotOf(at), closedThrough(watermark) + GRID),
  }));
  const isDone = ({ last }: Session, slot: number): boolean =>
    slotOf(last + gapMs + latenessMs) <= slot;
  const done: Session[] = [];
  let open: Session[] = [];
  const slots = new Set(filed.flatMap(({ at, slot }) => [slot, slotOf(at + gapMs + latenessMs)]));
  for (const slot of [...slots].sort((a, b) => a - b)) {
    for (const { at } of filed.filter((one) => one.slot === slot)) {
      const near = open.filter(({ start, last }) => at >= start - gapMs && at <= last + gapMs);
      open = open.filter((session) => !near.includes(session));
      open.push({
        start: Math.min(at, ...near.map(({ start }) => start)),
        last: Math.max(at, ...near.map(({ last }) => last)),
        count: near.reduce((sum, { count }) => sum + count, 1),
      });
    }
    done.push(...open.filter((session) => isDone(session, slot)));
    open = open.filter((session) => !isDone(session, slot));
  }
  return done;
}
