import { ConfigurationError } from './errors.ts';

/**
 * Runs `work` for each item, at most `limit` at a time. After a failure nothing new is started, and
 * it is thrown only when all that was started has ended: a promise left behind would go on writing
 * in a later invocation of the same sandbox.
 */
export async function eachInParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      await work(item).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * How many at a time, of an option: with none nothing would be done, and nobody told.
 *
 * @throws ConfigurationError CONCURRENCY_TOO_LOW
 */
export function checkedConcurrency(concurrency: number): number {
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return concurrency;
  throw new ConfigurationError(
    'CONCURRENCY_TOO_LOW',
    `concurrency is ${String(concurrency)}`,
    'Give a whole number of at least 1, or leave it out.',
  );
}
