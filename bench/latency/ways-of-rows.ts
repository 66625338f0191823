import type { Stage } from './call.ts';
import type { Batch, Marks, RowMark } from './marks.ts';
import { BOUND_MS } from './plan.ts';
import type { Put } from './producer.ts';

/** How long each part of the way of a row took, ms. */
export type RowWay = Readonly<Record<Stage, number>>;

/** The last instant of a window that anything waits for: with an event of it from each shard the window is closed. */
export const closedBy = (windowEnd: number): number => windowEnd + BOUND_MS;

/**
 * The way of each row from the put of the event that closed its window: of the last that was needed, as
 * each shard has to come past the end of the window. It was delivered, it was gathered until all buckets
 * knew that the window is closed, they were told to fire, and the row was written.
 */
export function waysOf(puts: readonly Put[], marks: Marks, rows: readonly RowMark[]): RowWay[] {
  const closings = new Map<number, Closing>();
  return rows.map(({ windowEnd, at, firing }) => {
    const { putAt, batch } = closings.get(windowEnd) ?? closingOf(puts, marks, windowEnd);
    closings.set(windowEnd, { putAt, batch });
    // Some buckets may fire before all of them have been told.
    const closedAt = Math.min(batch.closed?.at ?? Number.NaN, firing.begunAt);
    return {
      delivered: batch.begunAt - putAt,
      gathered: closedAt - batch.begunAt,
      told: firing.begunAt - closedAt,
      fired: at - firing.begunAt,
      total: at - putAt,
    };
  });
}

interface Closing {
  readonly putAt: number;
  /** The batch after which the window was closed. */
  readonly batch: Batch;
}

function closingOf(puts: readonly Put[], { batches }: Marks, windowEnd: number): Closing {
  const firsts = new Map<string, number>();
  for (const { shard, at } of puts) {
    if (at >= closedBy(windowEnd) && !firsts.has(shard)) firsts.set(shard, at);
  }
  const closing = batches
    .filter(({ closed }) => closed !== undefined && closed.through >= windowEnd)
    .sort((a, b) => Number(a.closed?.at) - Number(b.closed?.at));
  const [batch] = closing;
  if (batch === undefined) throw new Error(`nothing has closed the window up to ${windowEnd}`);
  return { putAt: Math.max(...firsts.values()), batch };
}
