import type { Codec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkWhole, MAX_HELD, MAX_LIMIT } from './checks.ts';
import { type Holding, members, type RowMove, totals } from './group-holding.ts';
import { eventOf, inOrder, type Kept, keptCodec, keptEvents } from './kept.ts';
import { NEVER_LATE, type Operator } from './operator.ts';
import { changeInSlot } from './row-change.ts';

export interface GroupedRowsOptions {
  /** How many rows a group may have where all of them are held. Default 10,000. */
  readonly max?: number | undefined;
}

/** What a group has come to. One that has no rows is forgotten. */
interface Group<Held> {
  readonly held: Held;
  /** How many changes were told. */
  readonly told: number;
}

/**
 * An aggregate over the rows that are in a group now: a row that changes is taken out as it was and put
 * in as it is. Each slot with moves tells at most one change of the group, at the last instant of the
 * slot; a group that is left empty is a deleted row.
 *
 * @throws PlanError SETTING_INVALID
 */
export function groupedRows<In, Acc, Out>(
  aggregate: Aggregate<In, Acc, Out>,
  { max = MAX_HELD }: GroupedRowsOptions = {},
): Operator<RowMove, Kept[], Group<unknown>> {
  checkWhole('max of a group', max, 1, MAX_LIMIT);
  const { remove } = aggregate;
  const holding = remove ? totals(aggregate, remove) : members(aggregate, max);
  return operatorOver(aggregate, holding as Holding<unknown>);
}

const operatorOver = <In, Acc, Out>(
  aggregate: Aggregate<In, Acc, Out>,
  holding: Holding<unknown>,
): Operator<RowMove, Kept[], Group<unknown>> => ({
  name: `grouped-${aggregate.name}`,
  ...NEVER_LATE,
  emits: 'changes',
  ...keptEvents,
  add(moves, { key, row, leaves = false }, eventTime, origin, side) {
    try {
      aggregate.add(aggregate.create(), row as In, { ...origin, eventTime });
      return keptEvents.add(moves, { key, row, leaves }, eventTime, origin, side);
    } catch (error) {
      // It was refused when it came, and so it is not there.
      if (leaves) return moves;
      throw error;
    }
  },
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    stateCodec: groupCodec(holding.codec),
    fire(group, moves, slot) {
      const told = group?.told ?? 0;
      const old = group && rowOf(holding, group.held);
      const held = [...moves]
        .sort(inOrder)
        .reduce(
          (into, kept) => holding.move(into, eventOf(kept) as RowMove, kept),
          group ? holding.copy(group.held) : holding.empty(),
        );
      const value = rowOf(holding, held);
      const results = changeInSlot(slot, { old, value, revision: told });
      const isEmpty = holding.size(held) === 0;
      const state = isEmpty ? undefined : { held, told: told + results.length };
      return { results, state, timers: [] };
    },
  },
});

/** Nothing of no rows; a result of null is none: rows of tables are never null. */
const rowOf = (holding: Holding<unknown>, held: unknown): unknown =>
  holding.size(held) === 0 ? undefined : (holding.value(held) ?? undefined);

const groupCodec = <Held>(codec: Codec<Held>): Codec<Group<Held>> => ({
  write({ held, told }, to, slot) {
    to.unsigned(told);
    codec.write(held, to, slot);
  },
  read: (from, slot) => ({ told: from.unsigned(), held: codec.read(from, slot) }),
});
