/** A stream event that is not late. Times in ms. */
export interface Sale {
  readonly at: number;
  readonly n: number;
  readonly key: string;
}

/** What was said of a row. */
export interface Change {
  readonly at: number;
  readonly key: string;
  /** The first slot that was still open for it. */
  readonly filed: number;
  /** Orders changes of one instant, as text. */
  readonly order: string;
  /** `null`: deleted. */
  readonly row: number | null;
}

const byTime = (a: Change, b: Change): number => a.at - b.at || (a.order < b.order ? -1 : 1);

/** Every sale beside all changes, one by one: the obvious answer. */
export function joinedAsOf(
  kind: 'inner' | 'left',
  sales: readonly Sale[],
  changes: readonly Change[],
  resolutionMs: number,
): { readonly sale: Sale; readonly row: number | null }[] {
  return sales
    .map((sale) => {
      const slot = Math.floor(sale.at / resolutionMs) * resolutionMs + resolutionMs;
      const valid = changes
        .filter(({ key, at, filed }) => key === sale.key && at <= sale.at && filed <= slot)
        .sort(byTime)
        .at(-1);
      return { sale, row: valid?.row ?? null };
    })
    .filter(({ row }) => kind === 'left' || row !== null);
}

/**
 * What a stage that keeps the latest row of each key tells: what is older than the latest known changes
 * nothing, and what comes late takes effect with the slot that tells it.
 */
export function toldVersions(changes: readonly Change[], resolutionMs: number): Change[] {
  const told: Change[] = [];
  for (const key of new Set(changes.map((change) => change.key))) {
    let latest: Change | undefined;
    const its = changes
      .filter((change) => change.key === key)
      .sort((a, b) => a.filed - b.filed || byTime(a, b));
    for (const change of its) {
      if (latest !== undefined && byTime(change, latest) < 0) continue;
      const isNews = change.row !== null || (latest?.row ?? null) !== null;
      const at = Math.max(change.at, change.filed - resolutionMs);
      // Known to the next stage as soon as it is told, so that its own grid files it.
      const order = String(told.length).padStart(9, '0');
      if (isNews) told.push({ ...change, at, filed: Number.NEGATIVE_INFINITY, order });
      latest = change;
    }
  }
  return told;
}
