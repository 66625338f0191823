import type { Codec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { NEVER_LATE, type Operator } from './operator.ts';
import { changeInSlot } from './row-change.ts';

/** What a key has come to so far. */
export interface Running<Acc> {
  readonly accumulator: Acc;
  /** How many changes were told. */
  readonly told: number;
}

/**
 * An aggregate over all events of a key, as a row. Each slot with events of the key tells at most one
 * change, at the last instant of the slot: nothing if the row is as it was. No event is ever late.
 */
export function running<In, Acc, Out>(
  aggregate: Aggregate<In, Acc, Out>,
): Operator<In, Acc, Running<Acc>> {
  // A result of null is none: rows of tables are never null.
  const rowOf = (accumulator: Acc): unknown => aggregate.finish(accumulator) ?? undefined;
  return {
    name: `running-${aggregate.name}`,
    ...NEVER_LATE,
    emits: 'changes',
    create: () => aggregate.create(),
    add: (accumulator, event, eventTime, origin) =>
      aggregate.add(accumulator, event, { ...origin, eventTime }),
    merge: (accumulator, other) => aggregate.merge(accumulator, other),
    codec: aggregate.codec,
    firing: {
      kind: 'keyed',
      stateCodec: runningCodec(aggregate.codec),
      fire(state, contribution, slot) {
        const old = state && rowOf(state.accumulator);
        // Into a new one: the old row may share parts with the accumulator that it was made of.
        const before = state ? [state.accumulator] : [];
        const accumulator = [...before, contribution].reduce<Acc>(
          (into, other) => aggregate.merge(into, other),
          aggregate.create(),
        );
        const value = rowOf(accumulator);
        const told = state?.told ?? 0;
        const results = changeInSlot(slot, { old, value, revision: told });
        return { results, state: { accumulator, told: told + results.length }, timers: [] };
      },
    },
  };
}

const runningCodec = <Acc>(codec: Codec<Acc>): Codec<Running<Acc>> => ({
  write({ accumulator, told }, to, slot) {
    to.unsigned(told);
    codec.write(accumulator, to, slot);
  },
  read: (from, slot) => ({ told: from.unsigned(), accumulator: codec.read(from, slot) }),
});
