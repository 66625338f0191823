import type { Codec } from '../schema/codec.ts';
import { eventOf, inOrder, type Kept, keptCodec } from './kept.ts';
import { type SaidRow, saidRows } from './latest-rows.ts';
import type { Operator, Result } from './operator.ts';
import { rowChange } from './row-change.ts';

/** Which rows there are: where both sides have one; where the left has; where either has. */
export type JoinKind = 'inner' | 'left' | 'outer';

/** A row of two tables; `null` is the side that has none. */
export interface JoinedRow {
  readonly left: unknown;
  readonly right: unknown;
}

/** The row that two rows make; `undefined`, given or returned: there is none. */
export function joinedRow(kind: JoinKind, left: unknown, right: unknown): JoinedRow | undefined {
  const isThere =
    (left !== undefined && (right !== undefined || kind !== 'inner')) ||
    (right !== undefined && kind === 'outer');
  return isThere ? { left: left ?? null, right: right ?? null } : undefined;
}

/** The latest change of each side. Deletions are kept too: what happened before must not undo them. */
interface Sides {
  readonly last: readonly [Kept | undefined, Kept | undefined];
  /** How many changes were told. */
  readonly told: number;
}

/**
 * Two tables as one, row by row with the same key. The latest change of each side in event time is its
 * row; each change of either side that makes another row of both is told, with the row before it.
 */
export const tableJoin = (kind: JoinKind): Operator<SaidRow, Kept[], Sides> => ({
  name: `table-${kind === 'inner' ? '' : `${kind}-`}join`,
  ...saidRows,
  firing: {
    kind: 'keyed',
    stateCodec: sidesCodec,
    fire(state, changes, slot, resolutionMs) {
      const results: Result[] = [];
      let { last, told } = state ?? NOTHING;
      for (const change of [...changes].sort(inOrder)) {
        const before = last[change.side];
        if (before !== undefined && inOrder(change, before) <= 0) continue;
        const old = rowOf(kind, last);
        last = change.side === 0 ? [change, last[1]] : [last[0], change];
        if (isAlike(before, change)) continue;
        const time = Math.max(change.time, slot - resolutionMs);
        const result = rowChange({ old, value: rowOf(kind, last), time, revision: told });
        if (result) results.push(result);
        told += result ? 1 : 0;
      }
      return { results, state: { last, told }, timers: [] };
    },
  },
});

const NOTHING: Sides = { last: [undefined, undefined], told: 0 };

const rowOf = (kind: JoinKind, [left, right]: Sides['last']): JoinedRow | undefined =>
  joinedRow(kind, left && eventOf(left), right && eventOf(right));

/** The same row again, or nothing still: what was never there is deleted. */
export const isAlike = (before: Kept | undefined, after: Kept): boolean =>
  (before?.json ?? '') === after.json;

const sidesCodec: Codec<Sides> = {
  write({ last, told }, to, slot) {
    to.unsigned(told);
    keptCodec.write(
      last.filter((one) => one !== undefined),
      to,
      slot,
    );
  },
  read(from, slot) {
    const told = from.unsigned();
    const known = keptCodec.read(from, slot);
    const of = (side: number): Kept | undefined => known.find((one) => one.side === side);
    return { last: [of(0), of(1)], told };
  },
};
