import { vi } from 'vitest';

/** Waits for a condition, as long as a busy machine may need; fails after that. */
export const until = (
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error('the condition does not hold');
    },
    { timeout: timeoutMs, interval: 20 },
  );
