import { LimitError } from '../errors.ts';
import type { Codec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { eventOf, type Kept, keptCodec } from './kept.ts';

/** A row that comes into a group, or leaves it as it came. */
export interface RowMove {
  /** Of the row. */
  readonly key: string;
  readonly row: unknown;
  readonly leaves?: boolean;
}

/** What a group holds so that rows can come and go. Only `empty` makes one; the others may change it. */
export interface Holding<Held> {
  empty(): Held;
  /** Of the same rows, sharing nothing that changes. */
  copy(held: Held): Held;
  move(held: Held, move: RowMove, kept: Kept): Held;
  size(held: Held): number;
  /** The aggregate of the rows; of one at least. */
  value(held: Held): unknown;
  readonly codec: Codec<Held>;
}

/** How many rows there are, and what they come to. */
export interface Total<Acc> {
  rows: number;
  accumulator: Acc;
}

/** Of an aggregate that can take back what was added: the rows themselves are not needed. */
export function totals<In, Acc, Out>(
  aggregate: Aggregate<In, Acc, Out>,
  remove: NonNullable<Aggregate<In, Acc, Out>['remove']>,
): Holding<Total<Acc>> {
  const empty = (): Total<Acc> => ({ rows: 0, accumulator: aggregate.create() });
  return {
    empty,
    copy: ({ rows, accumulator }) => ({
      rows,
      accumulator: aggregate.merge(aggregate.create(), accumulator),
    }),
    move(held, { row, leaves }, { time, origin }) {
      if (leaves && held.rows === 1) return empty();
      held.accumulator = leaves
        ? remove(held.accumulator, row as In)
        : aggregate.add(held.accumulator, row as In, { ...origin, eventTime: time });
      held.rows += leaves ? -1 : 1;
      return held;
    },
    size: ({ rows }) => rows,
    value: ({ accumulator }) => aggregate.finish(accumulator),
    codec: {
      write({ rows, accumulator }, to, slot) {
        to.unsigned(rows);
        aggregate.codec.write(accumulator, to, slot);
      },
      read: (from, slot) => ({
        rows: from.unsigned(),
        accumulator: aggregate.codec.read(from, slot),
      }),
    },
  };
}

/** By the keys of the rows, the moves by which they came. */
export type Members = Map<string, Kept>;

/** Of any other aggregate: the rows themselves, which it goes over again. */
export function members<In, Acc, Out>(
  aggregate: Aggregate<In, Acc, Out>,
  max: number,
): Holding<Members> {
  return {
    empty: () => new Map(),
    copy: (held) => new Map(held),
    move(held, { key, leaves }, kept) {
      if (leaves) held.delete(key);
      else held.set(key, kept);
      return held;
    },
    size: ({ size }) => size,
    value(held) {
      if (held.size > max) throw tooMany(held.size, max);
      let accumulator = aggregate.create();
      for (const kept of held.values()) {
        const { row } = eventOf(kept) as RowMove;
        accumulator = aggregate.add(accumulator, row as In, {
          ...kept.origin,
          eventTime: kept.time,
        });
      }
      return aggregate.finish(accumulator);
    },
    codec: {
      write: (held, to, slot) => keptCodec.write([...held.values()], to, slot),
      read: (from, slot) =>
        new Map(
          keptCodec.read(from, slot).map((kept) => [(eventOf(kept) as RowMove).key, kept] as const),
        ),
    },
  };
}

const tooMany = (rows: number, max: number): LimitError =>
  new LimitError(`a group has ${rows} rows, ${max} are allowed`, {
    hint: 'Raise max, which keeps what is stored; or make smaller groups, or give the aggregate a remove().',
  });
