import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { archiveOf, recordsOf } from '../../src/archive/archive.ts';
import {
  type ArchivedRecord,
  archiveBody,
  archiveName,
  parseArchiveName,
  readArchiveBody,
} from '../../src/archive/archive-file.ts';
import { archiveHandler } from '../../src/archive/handler.ts';
import { mayLack } from '../../src/cli/tidemark/replay-shards.ts';
import { HOURS } from '../../src/index.ts';
import { workplace } from '../runtime/batch/workplace.ts';
import fc from '../support/fast-check.ts';

const LANE = 'clicks@1772366400000/shardId-000000000001';
const NOON = Date.UTC(2026, 2, 1, 12);
const place = workplace();

const recordOf = (position: string, data: string | Uint8Array = 'x'): ArchivedRecord => ({
  ...{ position, partitionKey: 'k', arrivalTime: NOON },
  data: typeof data === 'string' ? Buffer.from(data) : data,
});

test('a file is named after its lane, its hour and its records, and tells them by its name', () => {
  const name = archiveName(LANE, [recordOf('7'), recordOf('12')]);
  expect(name).toBe('clicks@1772366400000/2026/03/01/12/shardId-000000000001/7-12.jsonl.gz');
  expect(parseArchiveName(`/some/where/${name}`)).toEqual({ lane: LANE, first: '7', last: '12' });
  for (const other of ['7-12.jsonl.gz', 'clicks/2026/03/01/12/s/7-12.jsonl.gz', `${name}.tmp`]) {
    expect(parseArchiveName(other)).toBeUndefined();
  }
});

test('what is archived comes back, byte by byte', () => {
  const record = fc.record({
    position: fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String),
    partitionKey: fc.string({ unit: 'grapheme' }),
    arrivalTime: fc.nat(),
    data: fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Uint8Array.from(Buffer.from(`\ufeff${text}`))),
    ),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 10 }), (records) => {
      const told = (all: readonly ArchivedRecord[]) =>
        all.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data).toString('hex') }));
      expect(told(readArchiveBody(archiveBody(records)))).toEqual(told(records));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['no gzip', Buffer.from('{}')],
  ['no JSON lines', archiveBody([]).fill(7)],
])('%s is no part of an archive', (_, bytes) => {
  expect(() => readArchiveBody(bytes)).toThrow('the file is no part of an archive');
});

test('each record of overlapping files is read once, in order, wherever the reading begins', () => {
  const paths = [[9, 10, 11], [5, 6], [5, 6, 7, 8, 9], [8, 9], [100]].map((positions) => {
    const records = positions.map((position) => recordOf(String(position)));
    const file = place.path(archiveName(LANE, records));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, archiveBody(records));
    return file;
  });
  const files = archiveOf(paths).get(LANE) ?? [];
  const read = (after: string): string[] =>
    [...recordsOf(files, after)].flat().map(({ position }) => position);
  expect(read('0')).toEqual(['5', '6', '7', '8', '9', '10', '11', '100']);
  expect(read('9')).toEqual(['10', '11', '100']);
  expect(read('100')).toEqual([]);
});

test('a file that is named otherwise is refused', () => {
  expect(() => archiveOf(['clicks.jsonl.gz'])).toThrow(
    "'clicks.jsonl.gz' is not named as a file of an archive",
  );
  const [name] = [archiveName(LANE, [recordOf('1')])];
  expect([...archiveOf([path.join('archive', name ?? '')]).keys()]).toEqual([LANE]);
});

test.each`
  what                                             | arrivalTime         | since           | oldest       | lacks
  ${'the stream still has the last record'}        | ${NOON}             | ${NOON - HOURS} | ${'9'}       | ${false}
  ${'the last record has expired, others came'}    | ${NOON - 2 * HOURS} | ${NOON - HOURS} | ${'9'}       | ${true}
  ${'it has expired, and nothing came'}            | ${NOON - 2 * HOURS} | ${NOON - HOURS} | ${undefined} | ${false}
  ${'it expires right now'}                        | ${NOON - HOURS + 1} | ${NOON - HOURS} | ${'9'}       | ${true}
  ${'the oldest record of the stream is archived'} | ${NOON - 2 * HOURS} | ${NOON - HOURS} | ${'7'}       | ${false}
`('$what: a gap is possible: $lacks', ({ arrivalTime, since, oldest, lacks }) => {
  expect(mayLack({ position: '7', arrivalTime }, { since, oldest })).toBe(lacks);
});

test('the function refuses what is no batch of its stream', async () => {
  const source = { streamName: 'clicks', laneOf: async (shard: string) => `clicks@1/${shard}` };
  const written: string[] = [];
  const handler = archiveHandler({ source, put: async (name) => void written.push(name) });
  const event = (stream: string) => ({
    Records: [
      {
        eventSource: 'aws:kinesis',
        eventID: 'shardId-0:49',
        eventSourceARN: `arn:aws:kinesis:eu-west-1:000000000000:stream/${stream}`,
        kinesis: { sequenceNumber: '49', data: 'eA==', approximateArrivalTimestamp: NOON / 1_000 },
      },
    ],
  });
  await expect(handler({ tidemark: 'tick' })).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
  await expect(handler(event('orders'))).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
  await handler(event('clicks'));
  expect(written).toEqual(['clicks@1/2026/03/01/12/shardId-0/49-49.jsonl.gz']);
});
