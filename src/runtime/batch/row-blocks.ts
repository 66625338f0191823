import { ByteReader, ByteWriter } from '../../schema/bytes.ts';
import { compareUtf8 } from '../../schema/utf8-order.ts';
import type { ItemTable } from '../../store/item-table.ts';

/** A line of results, and what it is found by, in the order of the lines. */
export interface Row {
  readonly at: string;
  readonly line: string;
}

/** About so many bytes are kept as one item: each costs as much as a thousand bytes do. */
const BLOCK_BYTES = 32 * 1024;

/**
 * Rows that each are written once, and never again: many of them are one item of the table, in order, and
 * under the first of them.
 */
export function writeBlocks(table: ItemTable, pk: string, rows: readonly Row[]): void {
  let writer = new ByteWriter(2 * BLOCK_BYTES);
  let first: string | undefined;
  const end = (): void => {
    if (first !== undefined) table.put({ pk, sk: first, rows: writer.bytes() });
    first = undefined;
  };
  for (const { at, line } of rows) {
    first ??= at;
    writer.text(at);
    writer.text(line);
    if (writer.length < BLOCK_BYTES) continue;
    end();
    writer = new ByteWriter(2 * BLOCK_BYTES);
  }
  end();
}

/** All rows of all blocks, in order; of one that is there twice, as after a crash, the first. */
export function* blockRows(table: ItemTable, pk: string): Generator<Row> {
  const open: Block[] = [];
  let last: string | undefined;
  function* until(end: string | undefined): Generator<Row> {
    for (let block = least(open); block && isBefore(block.row.at, end); block = least(open)) {
      if (block.row.at !== last) yield block.row;
      last = block.row.at;
      if (!advance(block)) open.splice(open.indexOf(block), 1);
    }
  }
  for (const { sk, rows } of table.between({ pk, from: '', to: AFTER_ALL }, undefined)) {
    yield* until(sk);
    const block = blockOf(rows as Uint8Array);
    if (block) open.push(block);
  }
  yield* until(undefined);
}

/** Longer than any key, of what sorts after all else. */
export const AFTER_ALL = '\u{10ffff}'.repeat(1_025);

/** A block that is being read, at its next row. */
interface Block {
  row: Row;
  readonly rest: ByteReader;
}

function blockOf(rows: Uint8Array): Block | undefined {
  const rest = new ByteReader(rows);
  return rest.done ? undefined : { row: rowFrom(rest), rest };
}

/** False at its end. */
function advance(block: Block): boolean {
  if (block.rest.done) return false;
  block.row = rowFrom(block.rest);
  return true;
}

const rowFrom = (from: ByteReader): Row => ({ at: from.text(), line: from.text() });

const isBefore = (at: string, end: string | undefined): boolean =>
  end === undefined || compareUtf8(at, end) < 0;

function least(blocks: readonly Block[]): Block | undefined {
  let best = blocks[0];
  for (let n = 1; n < blocks.length; n++) {
    const block = blocks[n] as Block;
    if (best && compareUtf8(block.row.at, best.row.at) < 0) best = block;
  }
  return best;
}
