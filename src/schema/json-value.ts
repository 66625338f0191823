import { BadRecordError } from '../errors.ts';
import { nameOf, type Path, placeIn } from './json-codec.ts';
import { documentBytes, isName, LEVELS_MAX, MOST_BYTES, ROW_BYTES_MAX } from './row-limits.ts';

/**
 * What a result says, as all sinks of all runtimes tell it: null, booleans, texts, numbers, lists and plain
 * objects of them, as many and as deep as a row of any table can have. A property that is undefined is left
 * out, -0 is 0, a number that is not finite, or undefined in a list, is null, as JSON has it, and half a
 * character is U+FFFD, as UTF-8 has it. It is the value itself, unless something of it must be changed.
 *
 * @throws BadRecordError for anything else, with what it is and where, and for more than `bytesMax`
 */
export function jsonValue(value: unknown, bytesMax = ROW_BYTES_MAX): unknown {
  if (roomBeside(value, bytesMax, 0) >= 0) return value;
  const plain = plainOf(value, []);
  const bytes = documentBytes(plain);
  if (bytes > bytesMax) throw tooLarge(bytes, bytesMax);
  return plain;
}

/**
 * How many bytes are left of so many, at least; below 0 also where something must be changed. It is asked
 * of each result, and nearly always that is all: nothing is allocated.
 */
function roomBeside(value: unknown, bytes: number, depth: number): number {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? bytes - MOST_BYTES.number : -1;
  if (typeof value === 'string')
    return value.isWellFormed() ? bytes - MOST_BYTES.unit * value.length : -1;
  if (typeof value === 'boolean' || value === null) return bytes - 1;
  if (typeof value !== 'object' || depth >= LEVELS_MAX) return -1;
  if (Array.isArray(value)) {
    let room = bytes - MOST_BYTES.level;
    for (let i = 0; i < value.length && room >= 0; i++)
      room = roomBeside(value[i], room - 1, depth + 1);
    return room;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return -1;
  let room = bytes - MOST_BYTES.level;
  for (const name in value) {
    if (room < 0 || !isName(name)) return -1;
    const part = (value as Readonly<Record<string, unknown>>)[name];
    room = roomBeside(part, room - 1 - MOST_BYTES.unit * name.length, depth + 1);
  }
  return room;
}

function plainOf(value: unknown, path: Path): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object') throw refused(value, path);
  if (path.length >= LEVELS_MAX) throw tooDeep();
  return Array.isArray(value) ? plainList(value, path) : plainRecord(value, path);
}

/** By index, so that a hole in the list is seen. */
function plainList(list: readonly unknown[], path: Path): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const part = list[i];
    path.push(i);
    const plain = part === undefined ? null : plainOf(part, path);
    path.pop();
    if (Object.is(plain, part)) continue;
    copy ??= [...list];
    copy[i] = plain;
  }
  return copy ?? list;
}

function plainRecord(record: object, path: Path): object {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) throw refused(record, path);
  let copy: Record<string, unknown> | undefined = prototype === null ? { ...record } : undefined;
  for (const name of Object.keys(record)) {
    const part = (record as Readonly<Record<string, unknown>>)[name];
    if (part === undefined) {
      copy ??= { ...record };
      delete copy[name];
      continue;
    }
    if (!isName(name)) throw badName(path);
    path.push(name);
    const plain = plainOf(part, path);
    path.pop();
    if (Object.is(plain, part)) continue;
    copy ??= { ...record };
    copy[name] = plain;
  }
  return copy ?? record;
}

const refused = (value: unknown, path: Path): BadRecordError => {
  const what = `a result holds ${nameOf(value)}${placeIn(path)}, which is no JSON`;
  return new BadRecordError(`${what}: ${wayOut(value)}`);
};

const tooDeep = (): BadRecordError =>
  new BadRecordError(`a result is more than ${LEVELS_MAX} deep, or contains itself`);

const badName = (path: Path): BadRecordError =>
  new BadRecordError(
    `a result has a property${placeIn(path)} whose name is empty, too long or no text, which no table can hold`,
  );

const tooLarge = (bytes: number, bytesMax: number): BadRecordError =>
  new BadRecordError(`a result takes ${bytes} bytes, and a row has room for ${bytesMax}`);

function wayOut(value: unknown): string {
  if (typeof value === 'bigint') return 'make it text with String(x)';
  if (value instanceof Date) return 'make it text with toISOString()';
  if (value instanceof Set || value instanceof Map) return 'make it a list with [...x]';
  return 'give null, booleans, texts, numbers, lists or plain objects';
}
