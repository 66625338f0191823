import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { FormatError } from '../../errors.ts';
import { ByteReader, ByteWriter } from '../../schema/bytes.ts';
import { compareKeys } from '../item-table.ts';
import type { Item, Key, Range } from '../store.ts';
import { readItem, writeItem } from './item-codec.ts';

/**
 * A sorted run: blocks of items in the order of their keys, then an index with the first key and the
 * place of each block, then the length of the index (float64). Written once, never changed.
 */
export interface Run {
  readonly file: string;
  readonly bytes: number;
  get(key: Key): Item | undefined;
  /** Items of a range, in order; those after the sort key `after` if it is given. */
  between(range: Range, after: string | undefined): Iterable<Item>;
  all(): Iterable<Item>;
  close(): void;
}

/** Read and decoded as one. */
const BLOCK_BYTES = 16 * 1024;
/** So many blocks of a run stay decoded, some MB: keys are read in no order, and decoding a block for each is most of a join. */
const BLOCKS_KEPT = 64;
const TRAILER_BYTES = 8;

interface Block extends Key {
  readonly offset: number;
  readonly length: number;
}

/** Writes items, which come in the order of their keys, and makes them durable. */
export function writeRun(file: string, items: Iterable<Item>): void {
  const descriptor = openSync(file, 'w');
  try {
    const blocks: Block[] = [];
    let offset = 0;
    for (const { first, bytes } of inBlocks(items)) {
      blocks.push({ pk: first.pk, sk: first.sk, offset, length: bytes.length });
      offset += writeSync(descriptor, bytes);
    }
    writeSync(descriptor, indexOf(blocks));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function* inBlocks(items: Iterable<Item>): Generator<{ first: Item; bytes: Uint8Array }> {
  let writer = new ByteWriter(BLOCK_BYTES * 2);
  let first: Item | undefined;
  for (const item of items) {
    first ??= item;
    writeItem(item, writer);
    if (writer.length < BLOCK_BYTES) continue;
    yield { first, bytes: writer.bytes() };
    writer = new ByteWriter(BLOCK_BYTES * 2);
    first = undefined;
  }
  if (first) yield { first, bytes: writer.bytes() };
}

function indexOf(blocks: readonly Block[]): Uint8Array {
  const index = new ByteWriter();
  index.unsigned(blocks.length);
  for (const { pk, sk, offset, length } of blocks) {
    index.text(pk);
    index.text(sk);
    index.unsigned(offset);
    index.unsigned(length);
  }
  index.float(index.length);
  return index.bytes();
}

/**
 * Opens a run. Its index stays in memory, its blocks are read as they are asked for.
 *
 * @throws FormatError if the file is no whole run
 */
export function openRun(file: string): Run {
  const descriptor = openSync(file, 'r');
  const { size } = fstatSync(descriptor);
  const blocks = readIndex(descriptor, size, file);
  const kept = new Map<number, readonly Item[]>();
  const itemsOf = (number: number): readonly Item[] => {
    const known = kept.get(number);
    if (known) return known;
    const items = readBlock(descriptor, blocks[number] as Block);
    for (const oldest of kept.keys()) if (kept.size >= BLOCKS_KEPT) kept.delete(oldest);
    kept.set(number, items);
    return items;
  };
  return {
    file,
    bytes: size,
    get(key) {
      const number = blockOf(blocks, key);
      if (number < 0) return undefined;
      const items = itemsOf(number);
      const item = items[firstAtOrAfter(items, key)];
      return item && compareKeys(item, key) === 0 ? item : undefined;
    },
    *between({ pk, from, to }, after) {
      const start = { pk, sk: after ?? from };
      for (let number = Math.max(0, blockOf(blocks, start)); number < blocks.length; number++) {
        const items = itemsOf(number);
        for (let i = firstAtOrAfter(items, start); i < items.length; i++) {
          const item = items[i] as Item;
          if (compareKeys(item, { pk, sk: to }) > 0) return;
          if (item.sk !== after) yield item;
        }
      }
    },
    *all() {
      for (const block of blocks) yield* readBlock(descriptor, block);
    },
    close: () => closeSync(descriptor),
  };
}

function readIndex(descriptor: number, size: number, file: string): readonly Block[] {
  try {
    const trailer = read(descriptor, size - TRAILER_BYTES, TRAILER_BYTES);
    const length = new ByteReader(trailer).float();
    const index = new ByteReader(read(descriptor, size - TRAILER_BYTES - length, length));
    return Array.from({ length: index.unsigned() }, () => ({
      pk: index.text(),
      sk: index.text(),
      offset: index.unsigned(),
      length: index.unsigned(),
    }));
  } catch (cause) {
    closeSync(descriptor);
    throw new FormatError(`'${file}' is no whole run of items`, { cause });
  }
}

function readBlock(descriptor: number, { offset, length }: Block): readonly Item[] {
  const from = new ByteReader(read(descriptor, offset, length));
  const items: Item[] = [];
  while (!from.done) items.push(readItem(from));
  return items;
}

function read(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const count = readSync(descriptor, bytes, 0, length, offset);
  if (count !== length) throw new FormatError(`${length} bytes wanted, ${count} are there`);
  return bytes;
}

/** The last block that does not begin after the key; -1 if all do. */
const blockOf = (blocks: readonly Key[], key: Key): number =>
  partitionPoint(blocks, (block) => compareKeys(block, key) <= 0) - 1;

const firstAtOrAfter = (items: readonly Key[], key: Key): number =>
  partitionPoint(items, (item) => compareKeys(item, key) < 0);

/** How many at the beginning hold; whatever holds comes before whatever does not. */
function partitionPoint(keys: readonly Key[], holds: (key: Key) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(keys[middle] as Key)) low = middle + 1;
    else high = middle;
  }
  return low;
}
