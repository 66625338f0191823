import type { AnyAggregate } from '../operators/aggregate.ts';
import { type Added, fold, type Law, outcome, stored } from './law.ts';

/** In the order in which they are tried: the plain mistakes come before what they would look like. */
export const LAWS: readonly Law[] = [
  {
    name: 'create gives a new accumulator',
    hint: 'Make a new value in create(); do not return one that is there already.',
    sides(aggregate, { a, b }) {
      if (a.length === 0) return undefined;
      const before = outcome(aggregate, () => fold(aggregate, a));
      fold(aggregate, b);
      const again = outcome(aggregate, () => fold(aggregate, a));
      return [
        ['a', before],
        ['a, after b went into another accumulator,', again],
      ];
    },
  },
  {
    name: 'an event that is refused changes nothing',
    hint: 'Check the event in add() before changing the accumulator.',
    sides(aggregate, { a, refused }) {
      if (a.length === 0) return undefined;
      const held = refused.reduce((into, one) => tried(aggregate, into, one), fold(aggregate, a));
      return [
        ['a', outcome(aggregate, () => fold(aggregate, a))],
        ['a, after the refused events,', outcome(aggregate, () => held)],
      ];
    },
  },
  {
    name: 'finish changes nothing',
    hint: 'Copy what finish() sorts or empties.',
    sides(aggregate, { a, b }) {
      if (a.length === 0) return undefined;
      const held = fold(aggregate, a);
      outcome(aggregate, () => held);
      return [
        ['merge(a, b)', outcome(aggregate, () => merged(aggregate, a, b))],
        [
          'merge(a, b) after finish(a)',
          outcome(aggregate, () => aggregate.merge(held, fold(aggregate, b))),
        ],
      ];
    },
  },
  {
    name: 'what is stored is read back the same',
    hint: 'Let the codec write everything that merge() and finish() look at.',
    sides(aggregate, { a, b }) {
      if (a.length === 0) return undefined;
      const back = (events: typeof a): unknown => stored(aggregate, fold(aggregate, events));
      return [
        ['merge(a, b)', outcome(aggregate, () => merged(aggregate, a, b))],
        [
          'merge(a, b), both stored in between,',
          outcome(aggregate, () => aggregate.merge(back(a), back(b))),
        ],
      ];
    },
  },
  {
    name: 'merging with an empty accumulator changes nothing',
    hint: 'Make create() the neutral element of merge(), as 0 is for a sum.',
    sides(aggregate, { a }) {
      if (a.length === 0) return undefined;
      const { create, merge } = bound(aggregate);
      return [
        ['a', outcome(aggregate, () => fold(aggregate, a))],
        [
          'merge(merge(create(), a), create())',
          outcome(aggregate, () => merge(merge(create(), fold(aggregate, a)), create())),
        ],
      ];
    },
  },
  {
    name: 'merge is commutative',
    hint: 'Lanes have no order: let merge(a, b) give what merge(b, a) does.',
    sides(aggregate, { a, b }) {
      if (a.length + b.length === 0) return undefined;
      return [
        ['merge(a, b)', outcome(aggregate, () => merged(aggregate, a, b))],
        ['merge(b, a)', outcome(aggregate, () => merged(aggregate, b, a))],
      ];
    },
  },
  {
    name: 'merge is associative',
    hint: 'Batches are cut anywhere; where numbers are rounded, use sum(), which is exact.',
    sides(aggregate, { a, b, c }) {
      if (a.length + b.length + c.length === 0) return undefined;
      const { merge } = bound(aggregate);
      const left = () => merge(merged(aggregate, a, b), fold(aggregate, c));
      const right = () => merge(fold(aggregate, a), merged(aggregate, b, c));
      return [
        ['merge(merge(a, b), c)', outcome(aggregate, left)],
        ['merge(a, merge(b, c))', outcome(aggregate, right)],
      ];
    },
  },
  {
    name: 'adding is merging',
    hint: 'Let add(x, event) give what merge(x, add(create(), event)) does.',
    sides(aggregate, { a, b }) {
      const all = [...a, ...b];
      if (all.length === 0) return undefined;
      const { create, merge } = bound(aggregate);
      const singles = () =>
        all.reduce((into, one) => merge(into, fold(aggregate, [one])), create());
      return [
        ['adding a and b', outcome(aggregate, () => fold(aggregate, all))],
        ['merging each event of a and b', outcome(aggregate, singles)],
      ];
    },
  },
  {
    name: 'merge neither changes nor keeps its second argument',
    hint: 'Copy what merge() takes over from its second argument.',
    sides(aggregate, { a, b, c }) {
      if (b.length === 0) return undefined;
      const { create, merge } = bound(aggregate);
      const second = fold(aggregate, b);
      const use = (): unknown => {
        fold(aggregate, c, merge(fold(aggregate, a), second));
        fold(aggregate, c, merge(create(), second));
        return merge(create(), second);
      };
      return [
        ['b', outcome(aggregate, () => fold(aggregate, b))],
        ['b, after it was merged into a and c was added there,', outcome(aggregate, use)],
      ];
    },
  },
  {
    name: 'removing undoes adding',
    hint: 'Let remove() undo add() whatever came in between, or leave it out if it cannot.',
    sides(aggregate, { a, b, c }) {
      if (aggregate.remove === undefined || a.length + c.length === 0) return undefined;
      const gone = () => b.reduce((held, { value }) => removed(aggregate, held, value), between());
      const between = () => stored(aggregate, fold(aggregate, c, merged(aggregate, a, b)));
      return [
        ['adding a and c', outcome(aggregate, () => fold(aggregate, c, fold(aggregate, a)))],
        ['adding a, b and c and removing b', outcome(aggregate, gone)],
      ];
    },
  },
];

const removed = <In>(aggregate: AnyAggregate<In>, held: unknown, value: In): unknown =>
  aggregate.remove?.(held, value);

const bound = (aggregate: AnyAggregate) => ({
  create: (): unknown => aggregate.create(),
  merge: (into: unknown, other: unknown): unknown => aggregate.merge(into, other),
});

const merged = <In>(
  aggregate: AnyAggregate<In>,
  a: readonly Added<In>[],
  b: readonly Added<In>[],
): unknown => aggregate.merge(fold(aggregate, a), fold(aggregate, b));

function tried<In>(aggregate: AnyAggregate<In>, into: unknown, { value, at }: Added<In>): unknown {
  try {
    return aggregate.add(into, value, at);
  } catch {
    return into;
  }
}
