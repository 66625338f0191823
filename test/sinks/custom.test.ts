import { describe, expect, test } from 'vitest';
import { type IdentifiedMessage, sink } from '../../src/sinks/custom.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';
import { messageContract } from '../../src/testing/contracts/message-contract.ts';

describe('the contract, for a sink that goes by identity', () => {
  test.each(messageContract)('$name', ({ run }) => {
    const shown = new Map<string, unknown>();
    const subject = sink({
      async write(messages) {
        for (const { identity, message } of messages) {
          if (!shown.has(identity)) shown.set(identity, JSON.parse(JSON.stringify(message)));
        }
      },
    });
    return run({
      open: () => subject,
      messages: async () => [...shown.values()],
      tooLarge: undefined,
    });
  });
});

test('an identity is the same for the same output of the same producer only', async () => {
  const seen: IdentifiedMessage[] = [];
  const write = async (messages: readonly IdentifiedMessage[]): Promise<void> =>
    void seen.push(...messages);
  const output = outputOf('k');
  await sink({ write, producer: 'a' }).write([output, { ...output, value: 'computed again' }]);
  await sink({ write, producer: 'b' }).write([output]);
  const [one, again, other] = seen.map(({ identity }) => identity);
  expect(one).toMatch(/^[\w-]{43}$/);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test('the signal of the invocation is handed on', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const own = sink({ write: async (_, { signal }) => void signals.push(signal) });
  const deadline = new AbortController();
  await own.write([outputOf('k')]);
  await own.until(deadline.signal).write([outputOf('k')]);
  deadline.abort();
  expect(signals.map((signal) => signal?.aborted)).toEqual([undefined, true]);
});
