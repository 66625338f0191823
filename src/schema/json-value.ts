import { BadRecordError } from '../errors.ts';
import { DEPTH_MAX, nameOf, type Path, placeIn } from './json-codec.ts';

/**
 * What a result says, as all sinks of all runtimes tell it: null, booleans, texts, numbers, lists and plain
 * objects of them. A property that is undefined is left out, -0 is 0, and a number that is not finite, or
 * undefined in a list, is null, as JSON has it. It is the value itself, unless something of it must be changed.
 *
 * @throws BadRecordError for anything else, with what it is and where
 */
export const jsonValue = (value: unknown): unknown =>
  isPlain(value, 0) ? value : plainOf(value, []);

/** It is asked of each result, and nearly always true: nothing is allocated. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value !== 'object' || depth > DEPTH_MAX) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth + 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) {
    if (!isPlain((value as Readonly<Record<string, unknown>>)[name], depth + 1)) return false;
  }
  return true;
}

function plainOf(value: unknown, path: Path): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object') throw refused(value, path);
  if (path.length > DEPTH_MAX) throw tooDeep();
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
  new BadRecordError(`a result is more than ${DEPTH_MAX} deep, or contains itself`);

function wayOut(value: unknown): string {
  if (typeof value === 'bigint') return 'make it text with String(x)';
  if (value instanceof Date) return 'make it text with toISOString()';
  if (value instanceof Set || value instanceof Map) return 'make it a list with [...x]';
  return 'give null, booleans, texts, numbers, lists or plain objects';
}
