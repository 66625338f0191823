import { InvariantError } from '../errors.ts';
import { type Codec, numberCodec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf, finite } from './checks.ts';
import { compareEntries, type Entry, entriesCodec, entryOf, entryValue } from './entries.ts';

/** The one event that is kept, with what it is compared by. */
export interface Picked {
  readonly rank: number;
  readonly entry: Entry;
}

type Kept = Picked | undefined;
type Of<In, V> = (event: In) => V;

/** The earliest event by event time, or a value of it. Equal times: the first in the order of the log. */
export function first<In, V = In>(of: Of<In, V> = asItIs): Aggregate<In, Kept, V> {
  return picked('first', { of, by: unranked, compare: byPlace });
}

/** The latest event by event time, or a value of it. */
export function last<In, V = In>(of: Of<In, V> = asItIs): Aggregate<In, Kept, V> {
  return picked('last', { of, by: unranked, compare: (a, b) => byPlace(b, a) });
}

/** The event with the least number, or a value of it; of several the earliest. */
export function minBy<In, V = In>(
  by: (event: In) => number,
  of: Of<In, V> = asItIs,
): Aggregate<In, Kept, V> {
  return picked('min-by', { of, by, compare: (a, b) => a.rank - b.rank || byPlace(a, b) });
}

/** The event with the greatest number, or a value of it; of several the earliest. */
export function maxBy<In, V = In>(
  by: (event: In) => number,
  of: Of<In, V> = asItIs,
): Aggregate<In, Kept, V> {
  return picked('max-by', { of, by, compare: (a, b) => b.rank - a.rank || byPlace(a, b) });
}

interface Choice<In, V> {
  readonly of: Of<In, V>;
  readonly by: (event: In) => number;
  /** Below zero: the first is kept. */
  readonly compare: (a: Picked, b: Picked) => number;
}

function picked<In, V>(name: string, { of, by, compare }: Choice<In, V>): Aggregate<In, Kept, V> {
  checkFunctionOf(`what ${name} is given`, of);
  checkFunctionOf(`what ${name} compares by`, by);
  const better = (a: Kept, b: Kept): Kept => {
    if (a === undefined || b === undefined) return a ?? b;
    return compare(a, b) <= 0 ? a : b;
  };
  return {
    name,
    create: () => undefined,
    add: (kept, event, at) =>
      better(kept, { rank: finite(by(event), name), entry: entryOf(of(event), at) }),
    merge: better,
    finish(kept) {
      if (kept === undefined) throw new InvariantError('a window without events is not finished');
      return entryValue(kept.entry) as V;
    },
    codec: keptCodec,
  };
}

const byPlace = (a: Picked, b: Picked): number => compareEntries(a.entry, b.entry);

const keptCodec: Codec<Kept> = {
  write(kept, to, slot) {
    entriesCodec.write(kept === undefined ? [] : [kept.entry], to, slot);
    if (kept !== undefined) numberCodec.write(kept.rank, to, slot);
  },
  read(from, slot) {
    const [entry] = entriesCodec.read(from, slot);
    return entry && { rank: numberCodec.read(from, slot), entry };
  },
};

const unranked = (): number => 0;

const asItIs = <In, V>(event: In): V => event as unknown as V;
