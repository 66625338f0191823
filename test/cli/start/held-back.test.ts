import { expect, test } from 'vitest';
import { heldBack, waitBefore } from '../../../src/cli/start/held-back.ts';

test.each`
  unread     | ms
  ${0}       | ${0}
  ${5_000}   | ${0}
  ${5_001}   | ${1_000}
  ${10_000}  | ${2_000}
  ${100_000} | ${20_000}
`('before $unread unread records grow, it waits $ms ms', ({ unread, ms }) => {
  expect(waitBefore(unread)).toBe(ms);
});

test('what is held back is put at once when the run ends', async () => {
  const ended = new AbortController();
  const put: number[] = [];
  const putRecords = heldBack(
    async (records) => {
      put.push(records.length);
      return { failed: [] };
    },
    () => 1_000_000,
    ended.signal,
  );
  const putting = putRecords([]);
  expect(put).toEqual([]);
  ended.abort();
  await putting;
  expect(put).toEqual([0]);
});
