import type { Happening } from './chaos-world.ts';

/** An event that is not late. */
export interface Taken extends Happening {
  readonly lane: string;
}

const DELAYS = [0, 1, 500, 999, 1_000, 2_500, 8_000, -3_000];

/** What an event says: it sets timers so long after itself, or with `not` takes them back. */
export const saidBy = (
  n: number,
): { readonly after: readonly number[]; readonly not: boolean } => ({
  after: Array.from({ length: n % 4 }, (_, i) => DELAYS[(n * 5 + i * 3) % DELAYS.length] as number),
  not: n % 5 === 0,
});

/** Those of one time by lane, and as their lane has them: what came later has a greater number. */
const inOrder = (a: Taken, b: Taken): number => {
  if (a.at !== b.at) return a.at - b.at;
  if (a.lane !== b.lane) return a.lane < b.lane ? -1 : 1;
  return a.n - b.n;
};

function byKey(taken: readonly Taken[]): [key: string, events: Taken[]][] {
  const keys = [...new Set(taken.map(({ key }) => key))];
  return keys.map((key) => [key, taken.filter((one) => one.key === key).sort(inOrder)]);
}

/** What the process tells, one key after the other, one ms after the other. */
export const traced = (taken: readonly Taken[]): unknown[] =>
  byKey(taken).flatMap(([key, events]) => {
    const told: unknown[] = [];
    let timers: [time: number, name: string][] = [];
    let count = 0;
    const fireBefore = (end: number): void => {
      for (;;) {
        timers.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
        const [first] = timers;
        if (first === undefined || first[0] >= end) return;
        timers.shift();
        const [time, name] = first;
        told.push([key, time, `timer ${name}`, count]);
        if (time % 2 === 0 && name.length < 3) set(time + 1_500, `${name}x`);
        if (time % 5 === 0) count = 0;
      }
    };
    const remove = (time: number, name: string): void => {
      timers = timers.filter(([t, n]) => t !== time || n !== name);
    };
    const set = (time: number, name: string): void => {
      remove(time, name);
      timers.push([time, name]);
    };
    for (const { at, n } of events) {
      const { after, not } = saidBy(n);
      fireBefore(at);
      count += 1;
      told.push([key, at, `event ${n}`, count]);
      for (const delay of after) (not ? remove : set)(Math.max(at, at + delay), '');
    }
    fireBefore(Infinity);
    return told;
  });

/** The events that a deduplication by key leaves. */
export const firsts = (taken: readonly Taken[], withinMs: number): Taken[] =>
  byKey(taken).flatMap(([, events]) => {
    let last = -Infinity;
    return events.filter(({ at }) => {
      if (at - last <= withinMs) return false;
      last = at;
      return true;
    });
  });

/** The list of each key, which every eleventh number deletes, and what each event did to it. */
export function audited(taken: readonly Taken[]) {
  const states: [key: string, list: number[]][] = [];
  const entries: unknown[] = [];
  for (const [key, events] of byKey(taken)) {
    let list: number[] | undefined;
    for (const { n } of events) {
      const before = list;
      list = n % 11 === 0 ? undefined : [...(list ?? []), n];
      entries.push([key, n, before, list]);
    }
    if (list !== undefined) states.push([key, list]);
  }
  return { states, entries };
}
