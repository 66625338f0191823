import { SECONDS, type WindowKind } from '../../src/index.ts';

/** An event that was not late, and the watermark of its lane just before it. */
export interface Taken {
  readonly at: number;
  readonly key: string;
  readonly watermark: number;
}

/** The grid on which sessions are looked at. */
const SESSION_GRID = SECONDS;

const closedThrough = (watermark: number): number =>
  Math.floor((watermark + 1) / SESSION_GRID) * SESSION_GRID;

const slotOf = (at: number): number => Math.floor(at / SESSION_GRID) * SESSION_GRID + SESSION_GRID;

/** Nothing can be made of the event any more: all of its windows are closed to it. */
export function isLate(window: WindowKind, at: number, watermark: number): boolean {
  if (window.kind === 'session') return slotOf(at + window.gapMs) <= closedThrough(watermark);
  return windowsOf(window, at).every(([, end]) => end - 1 <= watermark);
}

/** How many events are in each window of each key, under `start key`; the obvious way. */
export function counted(window: WindowKind, taken: readonly Taken[]): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (start: number, key: string, count: number): void => {
    counts.set(`${start} ${key}`, (counts.get(`${start} ${key}`) ?? 0) + count);
  };
  if (window.kind === 'session') {
    for (const key of new Set(taken.map((one) => one.key))) {
      const own = taken.filter((one) => one.key === key);
      for (const { start, count } of sessionsOf(window.gapMs, own)) add(start, key, count);
    }
    return counts;
  }
  for (const { at, key, watermark } of taken) {
    for (const [start, end] of windowsOf(window, at)) if (end - 1 > watermark) add(start, key, 1);
  }
  return counts;
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

interface Session {
  readonly start: number;
  readonly last: number;
  readonly count: number;
}

/** Slot by slot: what is filed there joins the sessions that are open, then those that are over close. */
function sessionsOf(gapMs: number, taken: readonly Taken[]): Session[] {
  const filed = taken.map(({ at, watermark }) => ({
    at,
    slot: Math.max(slotOf(at), closedThrough(watermark) + SESSION_GRID),
  }));
  const closed: Session[] = [];
  let open: Session[] = [];
  const slots = new Set(filed.flatMap(({ at, slot }) => [slot, slotOf(at + gapMs)]));
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
    closed.push(...open.filter(({ last }) => slotOf(last + gapMs) <= slot));
    open = open.filter(({ last }) => slotOf(last + gapMs) > slot);
  }
  return closed;
}
