import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf, checkLimit, checkWhole, MAX_HELD, MAX_LIMIT } from './checks.ts';
import { type Entry, entriesCodec, entryOf, entryValue, inOrder } from './entries.ts';

/** What an aggregate that keeps a value of every event does with them. */
export interface OrderedUse<In, V, Out> {
  readonly of: (event: In) => V;
  /** How many values a window may hold. */
  readonly max?: number | undefined;
  readonly result: (values: V[]) => Out;
}

/** Keeps a value of every event, and gives all of them, in event-time order, when the window closes. */
export function ordered<In, V, Out>(
  name: string,
  { of, max = MAX_HELD, result }: OrderedUse<In, V, Out>,
): Aggregate<In, Entry[], Out> {
  checkFunctionOf(`what ${name}() is given`, of);
  checkWhole(`max of ${name}()`, max, 1, MAX_LIMIT);
  return {
    name,
    create: () => [],
    add(entries, event, at) {
      entries.push(entryOf(of(event), at));
      return entries;
    },
    merge(entries, other) {
      for (const entry of other) entries.push(entry);
      return entries;
    },
    finish(entries) {
      checkLimit('values', entries.length, max, 'or keep less of each with another aggregate');
      return result(inOrder(entries).map((entry) => entryValue(entry) as V));
    },
    codec: entriesCodec,
  };
}
