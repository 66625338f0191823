import { NotStorableError } from '../errors.ts';
import type { Codec } from './codec.ts';
import { storedJson } from './stored-json.ts';

/**
 * `exact`: reads back as the very same value. `relaxed`: a property that is undefined is left out, and an
 * object without prototype becomes a plain one, for values that are only ever seen as they are read.
 */
export type Likeness = 'exact' | 'relaxed';

/**
 * A value as JSON text, -0 included.
 *
 * @throws NotStorableError for whatever would come back as something else: NaN, infinities, undefined,
 * bigint, functions, symbols, instances of classes such as Date and Map, and what contains itself
 */
export function jsonText(value: unknown, likeness: Likeness = 'exact'): string {
  return textOf(value, likeness, []);
}

/** Values as JSON text; writing throws NotStorableError for what JSON cannot hold. */
export const jsonCodec = <T>(): Codec<T> => ({
  write: (value, to) => to.text(jsonText(value)),
  read: (from) => storedJson(from.text()) as T,
});

/** Deeper is taken for a value that contains itself. */
export const DEPTH_MAX = 100;

/** The names and numbers that lead to a part of a value. */
export type Path = (string | number)[];

function textOf(value: unknown, likeness: Likeness, path: Path): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'number') return numberText(value, path);
  if (typeof value !== 'object') throw refused(nameOf(value), path);
  if (path.length > DEPTH_MAX) throw refused(`something more than ${DEPTH_MAX} deep`, []);
  return Array.isArray(value) ? listText(value, likeness, path) : recordText(value, likeness, path);
}

function numberText(value: number, path: Path): string {
  if (!Number.isFinite(value)) throw refused(String(value), path);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** By index, so that a hole in the list is seen. */
function listText(list: readonly unknown[], likeness: Likeness, path: Path): string {
  const texts: string[] = [];
  for (let i = 0; i < list.length; i++) {
    path.push(i);
    texts.push(textOf(list[i], likeness, path));
    path.pop();
  }
  return `[${texts.join()}]`;
}

function recordText(record: object, likeness: Likeness, path: Path): string {
  const prototype: unknown = Object.getPrototypeOf(record);
  const bare = prototype === null && likeness === 'relaxed';
  if (prototype !== Object.prototype && !bare) throw refused(nameOf(record), path);
  const texts: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined && likeness === 'relaxed') continue;
    path.push(name);
    texts.push(`${JSON.stringify(name)}:${textOf(value, likeness, path)}`);
    path.pop();
  }
  return `{${texts.join()}}`;
}

/** What a value is that JSON cannot hold. */
export function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  const maker: unknown = value.constructor;
  return typeof maker === 'function' ? `a ${maker.name}` : 'an object without prototype';
}

export const placeIn = (path: Path): string => (path.length > 0 ? ` at ${path.join('.')}` : '');

const refused = (what: string, path: Path): NotStorableError =>
  new NotStorableError(`${what}${placeIn(path)} is no JSON`, {
    hint: 'Use null, texts, finite numbers, booleans, arrays and plain objects, or give a codec.',
  });
