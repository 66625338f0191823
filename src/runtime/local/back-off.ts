import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait after the n-th failure in a row, ms: doubling, half of it by chance. */
export function backOffMs(
  failures: number,
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  // By chance, so that shards that failed together do not come again together.
  return fullMs / 2 + (Math.random() * fullMs) / 2;
}

/** Waits, but no longer than until the signal. Never rejects. */
export async function pause(forMs: number, signal: AbortSignal): Promise<void> {
  await sleep(forMs, undefined, { signal }).catch(() => {});
}
