import { BadRecordError, InvariantError, NotStorableError } from '../errors.ts';
import type { ByteReader, ByteWriter } from '../schema/bytes.ts';
import type { Codec } from '../schema/codec.ts';
import { jsonText } from '../schema/json-codec.ts';
import { storedJson } from '../schema/stored-json.ts';
import type { At } from './aggregate.ts';

/** A value that an event left, as JSON text, and where the event stood. Never changed once made. */
export interface Entry extends At {
  readonly text: string;
}

/**
 * Text, not the value itself: nobody can change it later, and what comes out has been through JSON
 * whether it was stored in between or not. Properties that are undefined are left out.
 *
 * @throws BadRecordError if the value is not what JSON can hold
 */
export function entryOf(value: unknown, at: At | undefined): Entry {
  if (at === undefined) throw new InvariantError('an event is added with its place in the log');
  const { eventTime, lane, position, index } = at;
  return { eventTime, lane, position, index, text: storableText(value) };
}

/** @throws BadRecordError */
export function storableText(value: unknown): string {
  try {
    return jsonText(value, 'relaxed');
  } catch (cause) {
    if (!(cause instanceof NotStorableError)) throw cause;
    throw new BadRecordError(`a value to keep cannot be stored: ${cause.message}`, { cause });
  }
}

export const entryValue = (entry: Entry): unknown => storedJson(entry.text);

/**
 * By event time, then by place in the log: lane, position (decimal: by length, then text), index. The
 * text decides between what stood in the same place.
 */
export function compareEntries(a: Entry, b: Entry): number {
  return (
    a.eventTime - b.eventTime ||
    compareText(a.lane, b.lane) ||
    a.position.length - b.position.length ||
    compareText(a.position, b.position) ||
    a.index - b.index ||
    compareText(a.text, b.text)
  );
}

export const inOrder = (entries: readonly Entry[]): Entry[] => [...entries].sort(compareEntries);

/**
 * The names of the lanes once, then the entries in order, each with its distance in time from the one
 * before, and with as much of its position as differs from that one's.
 */
export const entriesCodec: Codec<Entry[]> = {
  write(entries, to, slot) {
    const lanes = [...new Set(entries.map((entry) => entry.lane))].sort();
    to.unsigned(lanes.length);
    for (const lane of lanes) to.text(lane);
    to.unsigned(entries.length);
    let before = startingAt(slot);
    for (const entry of inOrder(entries)) {
      to.signed(entry.eventTime - before.eventTime);
      to.unsigned(lanes.indexOf(entry.lane));
      writePosition(entry.position, before.position, to);
      to.unsigned(entry.index);
      to.text(entry.text);
      before = entry;
    }
  },
  read(from, slot) {
    const lanes = from.list(() => from.text());
    const entries: Entry[] = [];
    let before = startingAt(slot);
    for (let left = from.unsigned(); left > 0; left--) {
      before = readEntry(from, lanes, before);
      entries.push(before);
    }
    return entries;
  },
};

function readEntry(from: ByteReader, lanes: readonly string[], before: Entry): Entry {
  const eventTime = before.eventTime + from.signed();
  const lane = lanes[from.unsigned()] ?? '';
  const position = before.position.slice(0, from.unsigned()) + from.text();
  return { eventTime, lane, position, index: from.unsigned(), text: from.text() };
}

/** Only ASCII is shared: a cut through a character beyond it would not survive UTF-8. */
function writePosition(position: string, before: string, to: ByteWriter): void {
  let shared = 0;
  while (shared < before.length && isShared(position, before, shared)) shared++;
  to.unsigned(shared);
  to.text(position.slice(shared));
}

const isShared = (a: string, b: string, at: number): boolean =>
  a.charCodeAt(at) === b.charCodeAt(at) && a.charCodeAt(at) < 0x80;

const startingAt = (slot: number): Entry => ({
  eventTime: slot,
  lane: '',
  position: '',
  index: 0,
  text: '',
});

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
