import type { Output, Sink } from '../../sinks/sink.ts';
import type { ItemTable } from '../../store/item-table.ts';
import { slotText } from '../../time/slot.ts';

/** Results as a table has them, one row a key and window, in a table that may spill. */
export function resultSink(table: ItemTable, name: string): Sink {
  const pk = partition(name);
  const sink: Sink = {
    async write(outputs) {
      for (const output of outputs) {
        const sk = rowOf(output);
        if (!output.final && !isNewer(output, table.get({ pk, sk })?.position)) continue;
        table.put({ pk, sk, line: resultLine(output), position: output.position });
      }
    },
    until: () => sink,
  };
  return sink;
}

/**
 * The rows of a sink as lines, in the order of time where they have one, then of key by its UTF-8
 * bytes. What is no more is left out.
 */
export function* resultLines(table: ItemTable, name: string): Generator<string> {
  const all = { pk: partition(name), from: '', to: AFTER_ALL };
  for (const { line } of table.between(all, undefined)) if (line !== '') yield String(line);
}

/** Longer than any key, of what sorts after all else. */
const AFTER_ALL = '\u{10ffff}'.repeat(1_025);

/** What a row is found by, in the order of the lines. */
const rowOf = ({ shape, windowStart, key, position }: Output): string => {
  if (shape === 'changes') return key;
  const at = `${slotText(windowStart)}#${key}`;
  return shape === 'windows' ? at : `${inLineOrder(at)}#${position}#${key}`;
};

/** The key of an event that goes on as it came ends with the number of its line; two keys may look alike so. */
const inLineOrder = (key: string): string =>
  key.replace(/#(\d+)$/, (_, line: string) => `#${line.padStart(16, '0')}`);

/** A result as one line of JSON, empty if it is no more; `revision` is told of windows when it is above 0. */
export const resultLine = (output: Output): string => {
  const { shape, key, windowStart, windowEnd, value, revision, retracted } = output;
  if (retracted) return '';
  if (shape === 'changes') return JSON.stringify({ key, value });
  if (shape === 'events') return JSON.stringify({ key, time: windowStart, value });
  return revision > 0
    ? JSON.stringify({ key, windowStart, windowEnd, value, revision })
    : JSON.stringify({ key, windowStart, windowEnd, value });
};

/** Positions are ASCII, so that comparing text compares bytes. */
const isNewer = (output: Output, stored: unknown): boolean =>
  stored === undefined || String(stored) < output.position;

/** No stage has such a name, so it meets none of the engine's partitions. */
const partition = (name: string): string => `!results#${name}`;
