import { expect, test } from 'vitest';
import { progressText, progressView } from '../../../src/cli/tidemark/progress-view.ts';
import type { BatchProgress } from '../../../src/runtime/batch/index.ts';

const progress = (change: Partial<BatchProgress> = {}): BatchProgress => ({
  phase: 'read',
  bytesRead: 0,
  bytesTotal: 1_000,
  records: 0,
  results: 0,
  bucketsFired: 0,
  bucketsTotal: 4,
  ...change,
});

test.each`
  change                                            | elapsedMs | bar  | text
  ${{}}                                             | ${0}      | ${0} | ${'reading   0%  0 lines  0/s'}
  ${{ bytesRead: 250, records: 12_345 }}            | ${5_000}  | ${0} | ${'reading  25%  12,345 lines  2,469/s  15s left'}
  ${{ bytesRead: 250, records: 12_345 }}            | ${5_000}  | ${8} | ${'reading ██░░░░░░  25%  12,345 lines  2,469/s  15s left'}
  ${{ bytesRead: 1_000, records: 9 }}               | ${1_000}  | ${4} | ${'reading ████ 100%  9 lines  9/s  0ms left'}
  ${{ bytesTotal: 0 }}                              | ${1_000}  | ${0} | ${'reading   0%  0 lines  0/s'}
  ${{ phase: 'fire', bucketsFired: 1, results: 7 }} | ${9}      | ${4} | ${'firing  █░░░  25%  7 results'}
  ${{ phase: 'write' }}                             | ${9}      | ${4} | ${'writing results'}
`('$text', ({ change, elapsedMs, bar, text }) => {
  expect(progressText(progress(change), elapsedMs, bar)).toBe(text);
});

test('a terminal gets one line that is drawn again, and left empty', () => {
  const { view, wait, written } = shown(true);
  view.update(progress());
  wait(50);
  view.update(progress({ records: 5 }));
  wait(50);
  view.update(progress({ bytesRead: 500, records: 10 }));
  view.done();
  expect(written()).toEqual([
    '\rreading ░░░░░░░░░░░░░░░░░░░░   0%  0 lines …\u001b[K',
    '\rreading ██████████░░░░░░░░░░  50%  10 lines…\u001b[K',
    '\r\u001b[K',
  ]);
});

test('anything else gets a line now and then, and none for a short run', () => {
  const { view, wait, written } = shown(false);
  view.update(progress());
  wait(2_000);
  view.update(progress({ bytesRead: 500, records: 10 }));
  wait(1_000);
  view.update(progress({ bytesRead: 600 }));
  view.done();
  expect(written()).toEqual(['reading  50%  10 lines  5/s  2s left\n']);
});

function shown(isTTY: boolean) {
  let now = 1_000;
  const all: string[] = [];
  const err = { isTTY, columns: 45, write: (text: string) => all.push(text) };
  const view = progressView({
    out: err,
    err,
    now: () => now,
    signal: new AbortController().signal,
  });
  return {
    view,
    written: () => all,
    wait(durationMs: number) {
      now += durationMs;
    },
  };
}
