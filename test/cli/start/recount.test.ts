import { describe, expect, test } from 'vitest';
import type { RecountRules, StreamRecord } from '../../../src/cli/start/event-rules.ts';
import {
  parentsFirst,
  type RecordedShard,
  Recounter,
  recount,
  type WatermarkRaise,
} from '../../../src/cli/start/recount.ts';
import fc from '../../support/fast-check.ts';

/** Windows of 10 ms, 5 ms out of order. */
const RULES: RecountRules = {
  keyField: 'page',
  filterAction: 'click',
  windowMs: 10,
  outOfOrdernessMs: 5,
  maxFutureSkewMs: 1_000,
};

// `a@7` is a click on page a at 7 ms, `-@7` some other action.
test.each`
  records                 | counted                  | late | filtered
  ${''}                   | ${''}                    | ${0} | ${0}
  ${'a@1 a@9 b@9'}        | ${'a:0=2 b:0=1'}         | ${0} | ${0}
  ${'a@9 a@10'}           | ${'a:0=1 a:10=1'}        | ${0} | ${0}
  ${'a@-1 a@0'}           | ${'a:-10=1 a:0=1'}       | ${0} | ${0}
  ${'a@1 b@14 a@9'}       | ${'a:0=2 b:10=1'}        | ${0} | ${0}
  ${'a@1 b@15 a@9'}       | ${'a:0=1 b:10=1'}        | ${1} | ${0}
  ${'a@1 b@15 a@10'}      | ${'a:0=1 a:10=1 b:10=1'} | ${0} | ${0}
  ${'a@1 -@15 a@9 -@9'}   | ${'a:0=1'}               | ${1} | ${2}
  ${'a@15 a@2 a@15 a@25'} | ${'a:10=2 a:20=1'}       | ${1} | ${0}
`(
  '$records counts [$counted], $late late, $filtered filtered',
  ({ records, counted, late, filtered }) => {
    const result = recount([shard('s0', records)], RULES);
    expect(shown(result.windows)).toBe(counted);
    expect(result).toMatchObject({ late, filtered, dead: 0 });
    expect(result.records).toBe(result.counted + late + filtered);
  },
);

test('windows carry their bounds', () => {
  const { windows } = recount([shard('s0', 'a@12')], RULES);
  expect([...windows.values()]).toEqual([{ key: 'a', windowStart: 10, windowEnd: 20, value: 1 }]);
});

test('every shard is judged by its own watermark', () => {
  const result = recount([shard('s0', 'a@100'), shard('s1', 'a@1')], RULES);
  expect(shown(result.windows)).toBe('a:0=1 a:100=1');
});

describe('records that are no events', () => {
  test.each`
    line                                                                             | reason
    ${'{"timestamp":1,"action":"click","pa'}                                         | ${'NOT_JSON'}
    ${'null'}                                                                        | ${'SCHEMA'}
    ${'[]'}                                                                          | ${'SCHEMA'}
    ${'"click"'}                                                                     | ${'SCHEMA'}
    ${'{"timestamp":1,"page":"a"}'}                                                  | ${'SCHEMA'}
    ${'{"timestamp":1,"action":"click"}'}                                            | ${'SCHEMA'}
    ${'{"timestamp":1,"action":"click","page":7}'}                                   | ${'SCHEMA'}
    ${'{"action":"click","page":"a"}'}                                               | ${'SCHEMA'}
    ${'{"timestamp":1.5,"action":"click","page":"a"}'}                               | ${'SCHEMA'}
    ${'{"timestamp":"soon","action":"click","page":"a"}'}                            | ${'SCHEMA'}
    ${'{"timestamp":"1970-01-01T00:00:00","action":"click","page":"a"}'}             | ${'SCHEMA'}
    ${'{"timestamp":"1970-01-01T00:00Z","action":"click","page":"a"}'}               | ${'SCHEMA'}
    ${'{"timestamp":"1970-13-01T00:00:00Z","action":"click","page":"a"}'}            | ${'SCHEMA'}
    ${'{"timestamp":"1970-02-29T00:00:00Z","action":"click","page":"a"}'}            | ${'SCHEMA'}
    ${'{"timestamp":"1970-01-01T24:00:00Z","action":"click","page":"a"}'}            | ${'SCHEMA'}
    ${'{"timestamp":"1970-01-01T00:00:00.0000000001Z","action":"click","page":"a"}'} | ${'TIMESTAMP'}
    ${'{"timestamp":-8500000000000000,"action":"click","page":"a"}'}                 | ${'TIMESTAMP'}
    ${'{"timestamp":1001,"action":"view","page":"a"}'}                               | ${'FUTURE'}
    ${'{"timestamp":1,"action":"click","page":""}'}                                  | ${'KEY'}
    ${`{"timestamp":1,"action":"click","page":"${'ü'.repeat(513)}"}`}                | ${'KEY'}
  `('$line is dead: $reason', ({ line, reason }) => {
    const result = recount([{ shardId: 's0', parents: [], records: [record(line, 1)] }], RULES);
    expect(result).toMatchObject({
      records: 1,
      dead: 1,
      counted: 0,
      deadByReason: { [reason]: 1 },
    });
  });

  test('bytes that are not UTF-8 are not JSON', () => {
    const data = Buffer.from('{"timestamp":1,"action":"click","page":"\xff"}', 'latin1');
    const records = [{ sequenceNumber: '1', data, arrivalTime: 0 }];
    expect(recount([{ shardId: 's0', parents: [], records }], RULES).deadByReason.NOT_JSON).toBe(1);
  });

  test('a key of 1,024 bytes and an empty one of another action are fine', () => {
    const longest = `{"timestamp":1,"action":"click","page":"${'ü'.repeat(512)}"}`;
    const lines = [longest, '{"timestamp":1,"action":"view","page":""}'];
    const records = lines.map((line, index) => record(line, index + 1));
    expect(recount([{ shardId: 's0', parents: [], records }], RULES)).toMatchObject({
      counted: 1,
      filtered: 1,
      dead: 0,
    });
  });

  test('do not move the watermark, except for a bad key, which is an event in time', () => {
    const resultAfter = (first: string) =>
      recount(
        [{ shardId: 's0', parents: [], records: [record(first, 1), event('a@1', 2)] }],
        RULES,
      );
    expect(resultAfter('{"timestamp":900,"action":"click","page":7}').counted).toBe(1);
    expect(resultAfter('{"timestamp":1001,"action":"click","page":"a"}').counted).toBe(1);
    expect(resultAfter('{"timestamp":900,"action":"click","page":""}')).toMatchObject({
      late: 1,
      dead: 1,
    });
  });

  test('a bad key is dead even where the event is late', () => {
    const records = [event('a@900', 1), record('{"timestamp":1,"action":"click","page":""}', 2)];
    const result = recount([{ shardId: 's0', parents: [], records }], RULES);
    expect(result).toMatchObject({ late: 0, deadByReason: { KEY: 1 } });
  });
});

test.each([
  '1970-01-01T00:00:00.012Z',
  '1970-01-01T01:00:00.012+01:00',
  '1970-01-01T00:00:00.0129Z',
  '1969-12-31T18:30:00.012-05:30',
])('%s is 12 ms after 1970 began', (timestamp) => {
  const line = JSON.stringify({ timestamp, action: 'click', page: 'a' });
  const records = [record(line, 1)];
  expect(shown(recount([{ shardId: 's0', parents: [], records }], RULES).windows)).toBe('a:10=1');
});

test('the key may be a url', () => {
  const records = [record('{"timestamp":1,"action":"click","url":"/"}', 1)];
  const result = recount([{ shardId: 's0', parents: [], records }], { ...RULES, keyField: 'url' });
  expect(shown(result.windows)).toBe('/:0=1');
});

describe('resharding', () => {
  test('a child goes on from the lowest watermark of its parents', () => {
    const parents = [shard('s0', 'a@100'), shard('s1', 'a@30')];
    const child = (records: string) => ({ ...shard('s2', records), parents: ['s0', 's1'] });
    expect(recount([child('a@20'), ...parents], RULES).late).toBe(0);
    expect(recount([child('a@10'), ...parents], RULES).late).toBe(1);
  });

  test('a parent that is gone leaves the child on its own', () => {
    expect(recount([{ ...shard('s2', 'a@1'), parents: ['s0'] }], RULES).late).toBe(0);
  });

  test('parents come before children, whatever the order of the listing', () => {
    const listed = [
      { shardId: 's4', parents: ['s2', 's3'] },
      { shardId: 's2', parents: ['s0'] },
      { shardId: 's3', parents: ['gone'] },
      { shardId: 's0', parents: [] },
    ];
    expect(parentsFirst(listed).map((s) => s.shardId)).toEqual(['s3', 's0', 's2', 's4']);
  });
});

describe('a proven idle advance', () => {
  const raise = (position: string): WatermarkRaise => ({ shardId: 's0', position, watermark: 50 });

  test.each`
    position | late | why
    ${''}    | ${2} | ${'for all records'}
    ${'1'}   | ${1} | ${'for those after its position'}
    ${'2'}   | ${0} | ${'for none'}
  `('after position "$position" holds $why', ({ position, late }) => {
    expect(recount([shard('s0', 'a@1 a@2')], RULES, [raise(position)]).late).toBe(late);
  });

  test('compares positions as numbers of any length', () => {
    const records = [{ ...event('a@1', 1), sequenceNumber: `1${'0'.repeat(56)}` }];
    const result = recount([{ shardId: 's0', parents: [], records }], RULES, [
      raise(`9${'9'.repeat(54)}`),
    ]);
    expect(result.late).toBe(1);
  });

  test('of another shard changes nothing, and of a parent reaches its children', () => {
    const child = { ...shard('s1', 'a@1'), parents: ['s0'] };
    expect(recount([shard('s2', 'a@1')], RULES, [raise('')]).late).toBe(0);
    expect(recount([shard('s0', ''), child], RULES, [raise('9')]).late).toBe(1);
  });
});

test('reading page by page changes nothing', () => {
  const events = fc.array(fc.tuple(fc.constantFrom('a', 'b', '-'), fc.nat(60)), { maxLength: 40 });
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 7 }), (drawn, pageSize) => {
      const records = drawn.map(([key, at], i) => event(`${key}@${at}`, i + 1));
      const recounter = new Recounter(RULES, []);
      recounter.begin({ shardId: 's0', parents: [] });
      for (let i = 0; i < records.length; i += pageSize)
        recounter.add(records.slice(i, i + pageSize));
      recounter.end();
      expect(recounter.result()).toEqual(recount([{ shardId: 's0', parents: [], records }], RULES));
    }),
  );
});

function shard(shardId: string, records: string): RecordedShard {
  const events = records.split(' ').filter((word) => word !== '');
  return { shardId, parents: [], records: events.map((word, index) => event(word, index + 1)) };
}

function event(word: string, sequence: number): StreamRecord {
  const [key, time] = word.split('@');
  const action = key === '-' ? 'view' : 'click';
  return record(JSON.stringify({ timestamp: Number(time), action, page: key }), sequence);
}

const record = (line: string, sequence: number): StreamRecord => ({
  sequenceNumber: String(sequence),
  data: Buffer.from(line),
  arrivalTime: 0,
});

const shown = (windows: ReturnType<typeof recount>['windows']): string =>
  [...windows.values()]
    .sort((a, b) => a.windowStart - b.windowStart || (a.key < b.key ? -1 : 1))
    .map(({ key, windowStart, value }) => `${key}:${windowStart}=${value}`)
    .join(' ');
