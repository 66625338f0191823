import type { Flow } from './draft.ts';
import type { StageOptions } from './options.ts';
import type { Keyed, TableDraft } from './stage.ts';
import type { KeyedStream, Stream, Table } from './stream.ts';

/** How the parts of the language make one another. */
export interface Build {
  stream(flow: Flow): Stream<never>;
  keyed(keyed: Keyed): KeyedStream<never>;
  table(draft: TableDraft, options?: StageOptions): Table<never>;
}

const drafts = new WeakMap<object, unknown>();

/** Remembers what an object of the language stands for, out of sight of whoever holds it. */
export function standsFor<T extends object>(object: T, draft: unknown): T {
  drafts.set(Object.freeze(object), draft);
  return object;
}

/** What an object of the language stands for; `undefined` if it is none. */
export const draftOf = (object: unknown): unknown =>
  typeof object === 'object' && object !== null ? drafts.get(object) : undefined;
