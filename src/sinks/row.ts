import { compareUtf8 } from '../schema/utf8-order.ts';
import type { Output } from './sink.ts';

/**
 * A result as a table shows it. A retracted one stays, empty, so that nothing older takes its place.
 */
export type Row<V = unknown> = Pick<
  Output<V>,
  | 'key'
  | 'windowStart'
  | 'windowEnd'
  | 'value'
  | 'revision'
  | 'old'
  | 'early'
  | 'retracted'
  | 'position'
>;

/** The rule of every table of rows: a row gives way only to a greater position. */
export const isNewer = (output: Output, stored: Row | undefined): boolean =>
  stored === undefined || compareUtf8(stored.position, output.position) < 0;

/** Of several outputs for one row only the newest; one for each row. */
export function newestOf(outputs: readonly Output[]): Output[] {
  const newest = new Map<string, Output>();
  for (const output of outputs) {
    const id = rowId(output);
    if (isNewer(output, newest.get(id))) newest.set(id, output);
  }
  return [...newest.values()];
}

/** Text that two rows of a table share only if they are the same row. */
export const rowId = ({
  shape,
  key,
  windowStart,
  position,
}: Pick<Output, 'shape' | 'key' | 'windowStart' | 'position'>): string =>
  shape === 'changes' ? key : `${shape === 'windows' ? windowStart : position}#${key}`;
