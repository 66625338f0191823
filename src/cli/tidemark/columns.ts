import { printable } from '../start/terminal-text.ts';

/**
 * Rows under their headings, each column as wide as it has to be; a heading that ends in `>` has its
 * column on the right. Nothing in a cell can steer the terminal.
 */
export function columns(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const all = [headings.map((heading) => heading.replace(/>$/, '')), ...rows].map((row) =>
    row.map(printable),
  );
  const widths = headings.map((_, n) => Math.max(...all.map((row) => (row[n] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, n) => {
        const width = widths[n] ?? 0;
        return headings[n]?.endsWith('>') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
