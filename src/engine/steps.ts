import type { Step } from '../topology/plan.ts';

/** Hands on what the stateless operators make of an event: nothing, one, or several. */
export function applySteps(
  steps: readonly Step[],
  input: unknown,
  take: (event: unknown) => void,
  from = 0,
): void {
  let event = input;
  for (let i = from; i < steps.length; i++) {
    const { kind, apply } = steps[i] as Step;
    const result = atOnce(apply(event as never));
    if (kind === 'map') event = result;
    else if (kind === 'filter') {
      if (!result) return;
    } else if (kind === 'flatMap') {
      for (const one of result as Iterable<unknown>) applySteps(steps, one, take, i + 1);
      return;
    }
  }
  take(event);
}

/** A promise is no answer: it would pass every filter, and what it says comes too late. */
export function atOnce<T>(result: T): T {
  if (typeof result !== 'object' || result === null || !('then' in result)) return result;
  Promise.resolve(result).catch(() => undefined);
  throw new TypeError('it is asynchronous, and a stream cannot wait');
}

/** The most that DynamoDB takes as the sort key of an item, and half of what it takes as partition key. */
const KEY_BYTES_MAX = 1024;

/** The key as text, or `undefined` if it is none: absent, empty, too long, not well-formed, not finite. */
export function toKey(key: unknown): string | undefined {
  const text = typeof key === 'number' && Number.isFinite(key) ? String(key) : key;
  if (typeof text !== 'string' || text.length === 0 || text.length > KEY_BYTES_MAX)
    return undefined;
  if (LONE_SURROGATE.test(text)) return undefined;
  const sure = text.length * 3 <= KEY_BYTES_MAX;
  return sure || Buffer.byteLength(text) <= KEY_BYTES_MAX ? text : undefined;
}

/** Half a character: it would not survive UTF-8, and two keys could become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What is wrong with a key that is none. */
export const NO_KEY = 'the key is not text of 1 to 1,024 bytes';

export const describeError = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no Error';
