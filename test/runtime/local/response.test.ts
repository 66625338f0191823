import { describe, expect, test } from 'vitest';
import { retryFrom } from '../../../src/runtime/local/response.ts';

const batch = ['10', '11', '12', '13'];
const failures = (...identifiers: unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('the whole batch is done', () => {
  test.each([
    ['no answer', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an object of something else', { statusCode: 200 }],
    ['an empty list of failures', failures()],
    ['null instead of the list', { batchItemFailures: null }],
    ['undefined instead of the list', { batchItemFailures: undefined }],
  ])('%s', (_, answer) => expect(retryFrom(answer, batch)).toBeUndefined());
});

describe('the whole batch comes again', () => {
  test.each([
    ['an empty identifier', failures('')],
    ['a null identifier', failures(null)],
    ['a number for an identifier', failures(12)],
    ['a key with another name', { batchItemFailures: [{ itemId: '12' }] }],
    ['null for a failure', { batchItemFailures: [null] }],
    ['text for a failure', { batchItemFailures: ['12'] }],
    ['text instead of the list', { batchItemFailures: '12' }],
    ['an identifier of no record of the batch', failures('99')],
    ['a good identifier beside one that is unknown', failures('12', '99')],
    ['a good identifier beside an empty one', failures('12', '')],
    ['the first record', failures('10')],
    ['text for an answer', 'done'],
  ])('%s', (_, answer) => expect(retryFrom(answer, batch)).toBe(0));
});

test.each`
  failed                | from
  ${['11']}             | ${1}
  ${['13']}             | ${3}
  ${['13', '11', '12']} | ${1}
  ${['12', '12']}       | ${2}
`('of the failures $failed the lowest counts', ({ failed, from }) => {
  expect(retryFrom(failures(...failed), batch)).toBe(from);
});
