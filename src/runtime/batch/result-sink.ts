import { compareUtf8 } from '../../schema/utf8-order.ts';
import { NO_CHUNK, type Output, type Sink } from '../../sinks/sink.ts';
import type { ItemTable } from '../../store/item-table.ts';
import { merged } from '../../store/spilling/merge.ts';
import { slotText } from '../../time/slot.ts';
import { AFTER_ALL, blockRows, type Row, writeBlocks } from './row-blocks.ts';
import type { Workspace } from './workspace.ts';

/**
 * Results as a table has them, one row a key and window, in a table that may spill. Events that go on as they
 * come stay in the order of their lines.
 */
export function resultSink({ table, log }: Pick<Workspace, 'table' | 'log'>, name: string): Sink {
  const pk = partition(name);
  const sink: Sink = {
    async write(outputs) {
      const alone: Output[] = [];
      for (const output of outputs) {
        if (output.chunk === NO_CHUNK) log(name).append(resultLine(output));
        // Never replaced, so never looked for.
        else if (output.final && output.shape !== 'changes') alone.push(output);
        else putRow(table, pk, output);
      }
      if (alone.length > 0) writeBlocks(table, blocks(name), inOrder(alone));
    },
    until: () => sink,
  };
  return sink;
}

/**
 * The rows of a sink that are not in its log, as lines, in the order of time where they have one, then of key
 * by its UTF-8 bytes. What is no more is left out.
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
  return shape === 'windows' ? at : `${at}#${position}#${key}`;
};

/**
 * A result as one line of JSON, empty if it is no more; `revision` is told of windows when it is above 0. Put
 * together by hand: an object of its own for each line costs as much as its value.
 */
export const resultLine = (output: Output): string => {
  const { shape, key, windowStart, windowEnd, value, revision, retracted } = output;
  if (retracted) return '';
  const begin = `{"key":${quoted(key)}`;
  const end = `"value":${JSON.stringify(value)}`;
  if (shape === 'changes') return `${begin},${end}}`;
  if (shape === 'events') return `${begin},"time":${windowStart},${end}}`;
  const window = `"windowStart":${windowStart},"windowEnd":${windowEnd}`;
  const last = revision > 0 ? `,"revision":${revision}}` : '}';
  return `${begin},${window},${end}${last}`;
};

/** ASCII without quotes and escapes. */
const PLAIN = /^[\x20!#-[\]-\x7e]*$/;

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** Positions are ASCII, so that comparing text compares bytes. */
const isNewer = (output: Output, stored: unknown): boolean =>
  stored === undefined || String(stored) < output.position;

/** No stage has such a name, so they meet none of the engine's partitions. */
const partition = (name: string): string => `!results#${name}`;
const blocks = (name: string): string => `!final#${name}`;
