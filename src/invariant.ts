import { InvariantError } from './errors.ts';

/** Says aloud what cannot be. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${what}`);
}
