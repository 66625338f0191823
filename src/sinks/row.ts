import { compareUtf8 } from '../schema/utf8-order.ts';
import type { Output } from './sink.ts';

/** A result as a table shows it: one for each key and window. */
export interface Row<V = unknown> {
  readonly key: string;
  /** Inclusive, ms. */
  readonly windowStart: number;
  /** Exclusive, ms. */
  readonly windowEnd: number;
  readonly value: V;
  /** 0 is the result on time, 1.. are updates by late events. */
  readonly revision: number;
  /** What the revision before said. */
  readonly old?: V;
  /** The window is not complete yet. */
  readonly early?: boolean;
  /** The window is no more; the row stays, empty, so that nothing older takes its place. */
  readonly retracted?: boolean;
  /** Orders what is written to one row, by its UTF-8 bytes. */
  readonly position: string;
}

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

/** Text that two rows share only if they are the same row. */
export const rowId = ({ key, windowStart }: Pick<Row, 'key' | 'windowStart'>): string =>
  `${windowStart}#${key}`;
