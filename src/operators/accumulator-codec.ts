import { NotStorableError } from '../errors.ts';
import type { Codec } from '../schema/codec.ts';
import { jsonText } from '../schema/json-codec.ts';
import { storedJson } from '../schema/stored-json.ts';

/**
 * Accumulators as JSON, NaN and the infinities included: a merge that overflows is stored as what it is,
 * wherever batches were cut. Writing throws NotStorableError for what else JSON cannot hold.
 */
export const accumulatorCodec = <T>(): Codec<T> => ({
  write: (value, to) => to.text(textOf(value)),
  read: (from) => valueIn(from.text()) as T,
});

/** No JSON begins so: numbers that are none in JSON, then the rest. */
const MARK = '!';
/** Deeper is taken for a value that contains itself. */
const DEPTH_MAX = 100;

type Path = readonly (string | number)[];
/** Where a number was, and what it says of itself. */
type Odd = readonly [path: Path, text: string];

function textOf(value: unknown): string {
  try {
    return jsonText(value);
  } catch (error) {
    if (!(error instanceof NotStorableError)) throw error;
  }
  const odd: Odd[] = [];
  const rest = jsonText(without(value, [], odd));
  return `${MARK}${JSON.stringify(odd)}\n${rest}`;
}

/** A copy with null for each odd number. */
function without(value: unknown, path: Path, odd: Odd[]): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    odd.push([path, String(value)]);
    return null;
  }
  if (typeof value !== 'object' || value === null || path.length > DEPTH_MAX) return value;
  if (Array.isArray(value)) return value.map((one, i) => without(one, [...path, i], odd));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, without(one, [...path, name], odd)]),
  );
}

function valueIn(text: string): unknown {
  if (!text.startsWith(MARK)) return storedJson(text);
  const end = text.indexOf('\n');
  const root: { value: unknown } = { value: storedJson(text.slice(end + 1)) };
  for (const [path, number] of storedJson(text.slice(MARK.length, end)) as Odd[]) {
    put(root, ['value', ...path], Number(number));
  }
  return root.value;
}

function put(root: object, path: Path, number: number): void {
  let at = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as typeof at;
  at[path.at(-1) as string | number] = number;
}
