import { expect, test } from 'vitest';
import { batchesOf, isForgotten } from '../../../src/cli/tidemark/redrive.ts';
import { type Fix, repairer } from '../../../src/cli/tidemark/repair.ts';
import { DAYS } from '../../../src/index.ts';
import { sealed } from '../../../src/schema/envelope.ts';
import type { StoredDeadLetter } from '../../../src/sinks/read-dead-letters.ts';
import shop from './plans.ts';
import { first } from './visits.ts';

const letterOf = (
  data: string | Uint8Array,
  more: Partial<StoredDeadLetter> = {},
): StoredDeadLetter => ({
  ...{ source: 'visits', lane: 'visits@1/shardId-0', position: '1', index: 0, arrivalTime: 0 },
  ...{ reason: 'SCHEMA', detail: '', data: typeof data === 'string' ? Buffer.from(data) : data },
  ...more,
});

const GOOD = '{"at":1,"page":"a"}';
const AS_IT_IS: Fix = (event) => event;
const inEnvelope = sealed({ producer: 'p', chunk: '0', index: 0 }, GOOD);
const clicks = { source: 'clicks' };

test.each`
  what                               | letter                                                    | fix                                             | said
  ${'an event'}                      | ${letterOf(GOOD)}                                         | ${AS_IT_IS}                                     | ${{ text: GOOD }}
  ${'an event without its envelope'} | ${letterOf(inEnvelope)}                                   | ${AS_IT_IS}                                     | ${{ text: GOOD }}
  ${'text that is no JSON'}          | ${letterOf('1;a')}                                        | ${(t: string) => ({ at: 1, page: t.slice(2) })} | ${{ text: GOOD }}
  ${'bytes that are no text'}        | ${letterOf(Uint8Array.of(255))}                           | ${(b: Uint8Array) => ({ at: b[0], page: 'a' })} | ${{ text: '{"at":255,"page":"a"}' }}
  ${'what is still wrong'}           | ${letterOf('{"at":1}')}                                   | ${AS_IT_IS}                                     | ${{ refused: expect.stringMatching(/^page: /) }}
  ${'an event of tomorrow'}          | ${letterOf(`{"at":${Date.now() + 2 * DAYS},"page":"a"}`)} | ${AS_IT_IS}                                     | ${{ refused: expect.stringMatching(/ms from now$/) }}
  ${'what the fix leaves out'}       | ${letterOf(GOOD)}                                         | ${() => undefined}                              | ${{ refused: 'the fix leaves it out' }}
  ${'what the fix cannot take'} | ${letterOf(GOOD)} | ${() => {
  throw new Error('oh');
}} | ${{ refused: 'the fix threw oh' }}
  ${'half a record'}                 | ${letterOf(GOOD, { truncatedFrom: 400_000 })}             | ${AS_IT_IS}                                     | ${{ refused: 'only its beginning was kept' }}
  ${'a result of a stage'}           | ${letterOf(GOOD, { source: 'per-page' })}                 | ${AS_IT_IS}                                     | ${{ refused: expect.stringMatching(/^it is a result of a stage/) }}
`('$what', async ({ letter, fix, said }) => {
  expect(await repairer(first, fix)(letter)).toEqual(said);
});

test('what one of several stages has refused is not put: the others have counted it', async () => {
  const [source] = first.sources;
  const [stage] = first.stages;
  if (source === undefined || stage === undefined) throw new Error('the plan has neither');
  const both = { ...first, stages: [stage, { ...stage, name: 'again' }] };
  const repair = repairer(both, AS_IT_IS);
  expect(await repair(letterOf(GOOD, { reason: 'FUNCTION' }))).toEqual({
    refused: '2 stages read its stream, and not all have refused it',
  });
  expect(await repair(letterOf(GOOD))).toEqual({ text: GOOD });
  // Of the stages of the shop one reads the stream, and the other one that one.
  expect(await repairer(shop, AS_IT_IS)(letterOf(GOOD, { ...clicks, reason: 'FUNCTION' }))).toEqual(
    { text: GOOD },
  );
});

test('a batch is no more than one request takes, and one producer can number', () => {
  const repairs = (count: number, bytes: number) =>
    Array.from({ length: count }, () => ({ letter: letterOf(''), text: 'x'.repeat(bytes) }));
  const sizes = (count: number, bytes: number) =>
    [...batchesOf(repairs(count, bytes))].map((b) => b.length);
  expect(sizes(1_001, 1)).toEqual([500, 500, 1]);
  expect(sizes(5, 2 * 1024 * 1024)).toEqual([2, 2, 1]);
  expect(sizes(0, 1)).toEqual([]);
});

test('a try that did not end is repeated only as long as lanes remember it', () => {
  const mark = { producer: 'p', index: 0, begunAt: 0 };
  expect(isForgotten(mark, 5 * DAYS)).toBe(false);
  expect(isForgotten(mark, 6 * DAYS + 1)).toBe(true);
  expect(isForgotten({ ...mark, doneAt: 1 }, 30 * DAYS)).toBe(false);
});
