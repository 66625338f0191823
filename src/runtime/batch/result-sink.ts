import type { Output, Sink } from '../../sinks/sink.ts';
import type { ItemTable } from '../../store/item-table.ts';
import { slotText } from '../../time/slot.ts';

/** Results as a table has them, one row a key and window, in a table that may spill. */
export function resultSink(table: ItemTable, name: string): Sink {
  const pk = partition(name);
  const sink: Sink = {
    async write(outputs) {
      for (const output of outputs) {
        const sk = `${slotText(output.windowStart)}#${output.key}`;
        if (!output.final && !isNewer(output, table.get({ pk, sk })?.position)) continue;
        table.put({ pk, sk, line: resultLine(output), position: output.position });
      }
    },
    until: () => sink,
  };
  return sink;
}

/** The rows of a sink as lines, in the order of windowStart, then of key by its UTF-8 bytes. */
export function* resultLines(table: ItemTable, name: string): Generator<string> {
  const all = { pk: partition(name), from: '', to: '~' };
  for (const { line } of table.between(all, undefined)) yield String(line);
}

/** A result as one line of JSON; `revision` is told when it is above 0. */
export const resultLine = (output: Output): string => {
  const { key, windowStart, windowEnd, value, revision } = output;
  return revision > 0
    ? JSON.stringify({ key, windowStart, windowEnd, value, revision })
    : JSON.stringify({ key, windowStart, windowEnd, value });
};

/** Positions are ASCII, so that comparing text compares bytes. */
const isNewer = (output: Output, stored: unknown): boolean =>
  stored === undefined || String(stored) < output.position;

/** No stage has such a name, so it meets none of the engine's partitions. */
const partition = (name: string): string => `!results#${name}`;
