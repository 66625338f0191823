import { setTimeout as wait } from 'node:timers/promises';
import { refuseAfter } from './deadline.ts';

/** How long to wait between tries, and how often to try. */
export interface Backoff {
  readonly triesMax: number;
  /** Waits before retry number `retry` (0 is the first). Throws DeadlineError once `signal` aborts. */
  pause(retry: number, signal: AbortSignal | undefined): Promise<void>;
}

export interface BackoffOptions {
  /** The longest wait before the first retry; it doubles with each further one. Default 50. */
  readonly baseMs?: number;
  /** No wait is longer. Default 2,000. */
  readonly capMs?: number;
  /** Default 10. */
  readonly triesMax?: number;
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Waits between nothing and an exponentially growing limit, so that those who were refused together
 * do not come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function fullJitter(options: BackoffOptions = {}): Backoff {
  const { baseMs = 50, capMs = 2_000, triesMax = 10, random = Math.random, sleep = nap } = options;
  return {
    triesMax,
    async pause(retry, signal) {
      refuseAfter(signal);
      await sleep(random() * Math.min(capMs, baseMs * 2 ** retry), signal);
      refuseAfter(signal);
    },
  };
}

/** Sleeps until the time is over or the signal aborts, whichever is first. */
async function nap(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
