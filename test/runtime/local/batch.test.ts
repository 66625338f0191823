import { describe, expect, test } from 'vitest';
import { cutBatch, EVENT_BYTES_MAX } from '../../../src/runtime/local/batch.ts';
import { type PolledRecord, polledRecord } from '../../../src/runtime/local/kinesis-event.ts';

const waiting = { waitedMs: 0, complete: false };

test.each`
  polled | batchSize | windowMs | waitedMs | complete | count | why
  ${0}   | ${10}     | ${0}     | ${0}     | ${false} | ${0}  | ${'nothing to send'}
  ${0}   | ${10}     | ${0}     | ${0}     | ${true}  | ${0}  | ${'nothing to send at the end either'}
  ${3}   | ${10}     | ${0}     | ${0}     | ${false} | ${3}  | ${'no window: what there is'}
  ${30}  | ${10}     | ${0}     | ${0}     | ${false} | ${10} | ${'no more than the size'}
  ${3}   | ${10}     | ${500}   | ${499}   | ${false} | ${0}  | ${'the window is open'}
  ${3}   | ${10}     | ${500}   | ${500}   | ${false} | ${3}  | ${'the window is over'}
  ${10}  | ${10}     | ${500}   | ${0}     | ${false} | ${10} | ${'full before the window is over'}
  ${3}   | ${10}     | ${500}   | ${0}     | ${true}  | ${3}  | ${'nobody else will come'}
`('$why: $count of $polled', ({ polled, batchSize, windowMs, waitedMs, complete, count }) => {
  const records = Array.from({ length: polled }, (_, index) => record(`${index}`));
  const limits = { batchSize, batchingWindowMs: windowMs };
  expect(cutBatch(records, limits, { waitedMs, complete })).toBe(count);
});

describe('the size of an event', () => {
  const limits = { batchSize: 10_000, batchingWindowMs: 60_000 };
  const large = Array.from({ length: 20 }, () => record('x'.repeat(1_000_000)));

  test('cuts a batch before the record that would pass it, without waiting for the window', () => {
    const count = cutBatch(large, limits, waiting);
    expect(jsonBytes(large.slice(0, count))).toBeLessThanOrEqual(EVENT_BYTES_MAX);
    expect(jsonBytes(large.slice(0, count + 1))).toBeGreaterThan(EVENT_BYTES_MAX);
  });

  test('counts every byte of the JSON, wide characters of the key included', () => {
    const records = ['a', 'bb', 'ccc'].map((data) => record(data, '\u00e9\u{1f30a}'));
    const bytes = records.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(bytes + '{"Records":[]}'.length - 1).toBe(jsonBytes(records));
  });

  test('does not hold back a record that fits into no event', () => {
    const tooLarge = record('x'.repeat(EVENT_BYTES_MAX));
    expect(cutBatch([tooLarge, tooLarge], limits, waiting)).toBe(1);
  });
});

const jsonBytes = (records: readonly PolledRecord[]): number =>
  Buffer.byteLength(JSON.stringify({ Records: records.map(({ event }) => event) }));

const record = (data: string, partitionKey = 'key'): PolledRecord =>
  polledRecord(
    {
      streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s',
      shardId: 'shardId-000000000000',
    },
    { sequenceNumber: '1', partitionKey, data: Buffer.from(data), arrivalTime: 1_700_000_000_123 },
  );
