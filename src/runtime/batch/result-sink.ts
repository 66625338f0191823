import { compareUtf8 } from '../../schema/utf8-order.ts';
import type { Output, Sink } from '../../sinks/sink.ts';
import type { ItemTable } from '../../store/item-table.ts';
import { merged } from '../../store/spilling/merge.ts';
import { slotText } from '../../time/slot.ts';
import { AFTER_ALL, blockRows, type Row, writeBlocks } from './row-blocks.ts';

/** Results as a table has them, one row a key and window, in a table that may spill. */
export function resultSink(table: ItemTable, name: string): Sink {
  const pk = partition(name);
  const sink: Sink = {
    async write(outputs) {
      const alone: Output[] = [];
      for (const output of outputs) {
        // Never replaced, so never looked for.
        if (output.final && output.shape !== 'changes') alone.push(output);
        else putRow(table, pk, output);
      }
      writeBlocks(table, blocks(name), inOrder(alone));
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
  const open = table.between(all, undefined);
  // Of a row that was told before it was final, the final one counts.
  for (const { line } of merged([finalItems(table, name), open])) {
    if (line !== '') yield String(line);
  }
}

function putRow(table: ItemTable, pk: string, output: Output): void {
  const sk = rowOf(output);
  if (!output.final && !isNewer(output, table.get({ pk, sk })?.position)) return;
  table.put({ pk, sk, line: resultLine(output), position: output.position });
}

function* finalItems(table: ItemTable, name: string) {
  const pk = partition(name);
  for (const { at, line } of blockRows(table, blocks(name))) yield { pk, sk: at, line };
}

/** By time first: numbers are compared sooner than texts. */
function inOrder(outputs: Output[]): Row[] {
  const rows = outputs.map((output) => ({
    time: output.windowStart,
    at: rowOf(output),
    line: resultLine(output),
  }));
  return rows.sort((a, b) => (a.time === b.time ? compareUtf8(a.at, b.at) : a.time - b.time));
}

/** What a row is found by, in the order of the lines. */
const rowOf = ({ shape, windowStart, key, position }: Output): string => {
  if (shape === 'changes') return key;
  const at = `${slotText(windowStart)}#${key}`;
  return shape === 'windows' ? at : `${inLineOrder(at)}#${position}#${key}`;
};

const LINE_DIGITS = 16;

/** The key of an event that goes on as it came ends with the number of its line; two keys may look alike so. */
function inLineOrder(key: string): string {
  const begin = key.lastIndexOf('#') + 1;
  for (let n = begin; n < key.length; n++) {
    const unit = key.charCodeAt(n);
    if (unit < 0x30 || unit > 0x39) return key;
  }
  if (begin === 0 || begin === key.length) return key;
  return key.slice(0, begin) + key.slice(begin).padStart(LINE_DIGITS, '0');
}

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

/** No stage has such a name, so they meet none of the engine's partitions. */
const partition = (name: string): string => `!results#${name}`;
const blocks = (name: string): string => `!final#${name}`;
