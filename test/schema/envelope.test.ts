import { describe, expect, test } from 'vitest';
import { CHUNK_MAX, type Envelope, opened, sealed } from '../../src/schema/envelope.ts';
import fc from '../support/fast-check.ts';

const ONE: Envelope = { producer: 'p', chunk: '0001', index: 0 };

test('a sealed record is JSON that anybody can read', () => {
  expect(JSON.parse(sealed({ ...ONE, withinMs: 5 }, '{"n":1}'))).toEqual({
    tidemark: { producer: 'p', chunk: '0001', index: 0, withinMs: 5 },
    event: { n: 1 },
  });
});

test('every envelope around every event comes off again', () => {
  const envelopes = fc.record(
    {
      producer: fc.string({ minLength: 1, maxLength: 120, unit: 'binary' }),
      chunk: fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
      index: fc.integer({ min: 0, max: CHUNK_MAX - 1 }),
      withinMs: fc.nat(),
    },
    { requiredKeys: ['producer', 'chunk', 'index'] },
  );
  fc.assert(
    fc.property(envelopes, fc.json(), fc.nat(9), (envelope, event, shift) => {
      fc.pre(envelope.producer.length <= 120);
      const bytes = Buffer.from(`${'x'.repeat(shift)}${sealed(envelope, event)}`);
      const found = opened(bytes.subarray(shift));
      expect(found?.envelope).toEqual(envelope);
      expect(Buffer.from(found?.event ?? []).toString()).toBe(event);
    }),
    { numRuns: 50 },
  );
});

describe('what is no envelope is left as it is', () => {
  test.each([
    ['an event', '{"n":1}'],
    ['nothing', ''],
    ['a beginning alone', '{"tidemark":{'],
    ['a head without an event', '{"tidemark":{"producer":"p","chunk":"1","index":0}}'],
    ['another order', '{"event":1,"tidemark":{"producer":"p","chunk":"1","index":0}}'],
    ['an end that is missing', sealed(ONE, '1').slice(0, -1)],
    ['no producer', sealed({ ...ONE, producer: '' }, '1')],
    ['a producer that is too long', sealed({ ...ONE, producer: 'p'.repeat(121) }, '1')],
    ['half a character', sealed({ ...ONE, producer: 'p\ud800' }, '1')],
    ['a chunk with a space', sealed({ ...ONE, chunk: '1 2' }, '1')],
    ['a chunk that is too long', sealed({ ...ONE, chunk: '1'.repeat(41) }, '1')],
    ['an index beyond the chunk', sealed({ ...ONE, index: CHUNK_MAX }, '1')],
    ['an index that is no number', sealed({ ...ONE, index: '0' as never }, '1')],
    ['a time that is none', sealed({ ...ONE, withinMs: -1 }, '1')],
  ])('%s', (_, text) => {
    expect(opened(Buffer.from(text))).toBeUndefined();
  });
});
