import { type RealEvent, timeOf } from './events.ts';

/** A row of a table, as text that can be compared: see `rowText`. */
export type RowText = string;

/** How a row is written here. What is of no window has its time in place of the start. */
export const rowText = (place: number | string, key: string, value: unknown): RowText =>
  `${place} ${key} ${JSON.stringify(value)}`;

type KeyOf = (event: RealEvent) => string;

/** How often each key comes in each window that begins at a multiple of the advance; the obvious way. */
export function countedInWindows(
  events: readonly RealEvent[],
  key: KeyOf,
  [sizeMs, advanceMs]: readonly [number, number],
): Map<number, Map<string, number>> {
  const windows = new Map<number, Map<string, number>>();
  for (const event of events) {
    const time = timeOf(event);
    const last = Math.floor(time / advanceMs) * advanceMs;
    for (let start = last; start > time - sizeMs; start -= advanceMs) {
      const counts = windows.get(start) ?? new Map<string, number>();
      counts.set(key(event), (counts.get(key(event)) ?? 0) + 1);
      windows.set(start, counts);
    }
  }
  return windows;
}

export const windowRows = (windows: ReadonlyMap<number, ReadonlyMap<string, number>>): RowText[] =>
  [...windows].flatMap(([start, counts]) =>
    [...counts].map(([key, count]) => rowText(start, key, count)),
  );

/** Each session of each key by its start: an event at most `gapMs` after the one before belongs to it. */
export function sessionRows(events: readonly RealEvent[], key: KeyOf, gapMs: number): RowText[] {
  return [...byKey(events, key)].flatMap(([name, own]) => {
    const sessions: { start: number; last: number; count: number }[] = [];
    for (const time of own.map(timeOf).sort((a, b) => a - b)) {
      const session = sessions.at(-1);
      if (session !== undefined && time - session.last <= gapMs) {
        session.last = time;
        session.count++;
      } else sessions.push({ start: time, last: time, count: 1 });
    }
    return sessions.map(({ start, count }) => rowText(start, name, count));
  });
}

/** At each event, how many of its key there are up to `spanMs` before it; those of one time say the same. */
export function lookBackRows(events: readonly RealEvent[], key: KeyOf, spanMs: number): RowText[] {
  return [...byKey(events, key)].flatMap(([name, own]) => {
    const times = own.map(timeOf);
    return [...new Set(times)].map((time) => {
      const within = times.filter((other) => other >= time - spanMs && other <= time);
      return rowText(time - spanMs, name, within.length);
    });
  });
}

/** The latest of each key, of equal times the one that came last. */
export function latestOf(events: readonly RealEvent[], key: KeyOf): Map<string, RealEvent> {
  const latest = new Map<string, RealEvent>();
  for (const event of events) {
    const known = latest.get(key(event));
    if (known === undefined || timeOf(known) <= timeOf(event)) latest.set(key(event), event);
  }
  return latest;
}

/** Every pair of the same key whose right one comes up to `afterMs` after the left one, at the later of both. */
export function pairsWithin(
  [left, right]: readonly [readonly RealEvent[], readonly RealEvent[]],
  key: KeyOf,
  afterMs: number,
): { readonly time: number; readonly left: RealEvent; readonly right: RealEvent }[] {
  const rights = byKey(right, key);
  return left.flatMap((one) => {
    const partners = (rights.get(key(one)) ?? []).filter((other) => {
      const apart = timeOf(other) - timeOf(one);
      return apart >= 0 && apart <= afterMs;
    });
    return partners.map((other) => ({ time: timeOf(other), left: one, right: other }));
  });
}

function byKey(events: readonly RealEvent[], key: KeyOf): Map<string, RealEvent[]> {
  const keys = new Map<string, RealEvent[]>();
  for (const event of events) keys.set(key(event), [...(keys.get(key(event)) ?? []), event]);
  return keys;
}
