import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  lateEvents,
  pipeline,
  type RowChange,
  SECONDS,
  TumblingWindow,
  table,
} from '../../../src/index.ts';
import { runBatch } from '../../../src/runtime/batch/index.ts';
import { resultsOf, workplace } from './workplace.ts';

const place = workplace();

const schema = z.object({ at: z.number(), key: z.string(), value: z.number() });
type Event = z.infer<typeof schema>;
const event = (second: number, key: string, value = 1): Event => ({
  at: second * SECONDS,
  key,
  value,
});

const stream = (name: string) =>
  pipeline('test').stream(name, { schema, timestamp: (e) => e.at, outOfOrderness: 0 });
const counted = (from: ReturnType<typeof stream>, name: string) =>
  from
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name });

describe('several streams', () => {
  const plan = counted(stream('clicks').merge(stream('orders')), 'counts').to(table('counts'));

  test('are read from the files that are named for each', async () => {
    const output = place.output();
    const inputs = {
      clicks: [place.lane([event(1, 'a'), event(2, 'b')]), place.lane([event(3, 'a')])],
      orders: [place.lane([event(4, 'a'), event(15, 'a')])],
    };
    const { summary } = await runBatch(plan, { inputs, output });
    expect(resultsOf(output, 'counts.jsonl')).toEqual([
      { key: 'a', windowStart: 0, windowEnd: 10_000, value: 3 },
      { key: 'b', windowStart: 0, windowEnd: 10_000, value: 1 },
      { key: 'a', windowStart: 10_000, windowEnd: 20_000, value: 1 },
    ]);
    expect(summary.stages).toMatchObject({ counts: { records: 5 } });
    expect(summary.inputs.map((input) => input.stream)).toEqual(['clicks', 'clicks', 'orders']);
  });

  test('may be read from one and the same file, which then counts twice', async () => {
    const output = place.output();
    const lane = place.lane([event(1, 'a')]);
    await runBatch(plan, { inputs: { clicks: [lane], orders: [lane] }, output });
    expect(resultsOf(output, 'counts.jsonl')).toMatchObject([{ key: 'a', value: 2 }]);
  });

  test('need a file each', async () => {
    const inputs = { clicks: [place.lane([])] };
    await expect(runBatch(plan, { inputs, output: place.output() })).rejects.toMatchObject({
      message: 'there is no input for the stream orders',
    });
  });
});

describe('events that go on as they come', () => {
  const plan = stream('events')
    .filter((e) => e.value > 0)
    .map(({ key }) => key)
    .to(table('kept'));

  test('stay in the order of their lines, and of their lanes', async () => {
    const output = place.output();
    const many = Array.from({ length: 12 }, (_, n) => event(5, `m${n}`));
    const lanes = [
      [...many, event(1, 'first')],
      [event(5, 'other'), event(2, 'bad', -1)],
    ];
    const inputs = { events: lanes.map((lane) => place.lane(lane)) };
    const { summary } = await runBatch(plan, { inputs, output });
    const rows = resultsOf(output, 'kept.jsonl') as { time: number; value: string }[];
    expect(rows.map(({ time, value }) => [time, value])).toEqual([
      ...many.map(({ key }) => [5_000, key]),
      [1_000, 'first'],
      [5_000, 'other'],
    ]);
    expect(Object.values(summary.stages)).toMatchObject([{ records: 15, filtered: 1 }]);
  });

  test('are there beside what is counted of them', async () => {
    const from = stream('events');
    const both = combine(counted(from, 'counts').to(table('counts')), from.to(table('raw')));
    const output = place.output();
    const inputs = { events: [place.lane([event(1, 'a'), event(2, 'a')])] };
    const { summary } = await runBatch(both, { inputs, output });
    expect(resultsOf(output, 'counts.jsonl')).toMatchObject([{ key: 'a', value: 2 }]);
    expect(resultsOf(output, 'raw.jsonl')).toMatchObject([
      { time: 1_000, value: event(1, 'a') },
      { time: 2_000, value: event(2, 'a') },
    ]);
    expect(Object.values(summary.stages)).toMatchObject([{ records: 2 }, { records: 2 }]);
  });
});

test('a stage may write to several sinks, each with what is meant for it', async () => {
  const counts = counted(stream('events'), 'counts');
  const [many, few] = counts.branch(({ value }) => value > 1);
  const plan = combine(many.to(table('many')), few.to(table('few')), counts.to(table('all')));
  expect(plan.stages).toHaveLength(1);
  const output = place.output();
  const inputs = { events: [place.lane([event(1, 'a'), event(2, 'b'), event(3, 'b')])] };
  await runBatch(plan, { inputs, output });
  const keysIn = (file: string) => (resultsOf(output, file) as Event[]).map(({ key }) => key);
  expect(['many', 'few', 'all'].map((name) => keysIn(`${name}.jsonl`))).toEqual([
    ['b'],
    ['a'],
    ['a', 'b'],
  ]);
});

test('a table has a line for each row that is left, in the order of the keys', async () => {
  const rows = stream('events')
    .keyBy((e) => e.key)
    .toTable({ name: 'rows', row: ({ value }: Event) => (value < 0 ? undefined : { value }) });
  const moves = rows
    .changes()
    .map(
      ({ key, value, old }: RowChange<{ value: number }>) => `${key} ${old?.value}>${value?.value}`,
    )
    .flatMap((text) => [text]);
  const plan = combine(rows.to(table('rows')), moves.to(table('moves')));
  const output = place.output();
  const lines = [
    event(2, 'c', 2),
    event(1, 'c', 1),
    event(3, 'a', 3),
    event(4, 'b', 4),
    event(9, 'b', -1),
  ];
  await runBatch(plan, { inputs: { events: [place.lane(lines)] }, output });
  expect(resultsOf(output, 'rows.jsonl')).toEqual([
    { key: 'a', value: { value: 3 } },
    { key: 'c', value: { value: 2 } },
  ]);
  const moved = (resultsOf(output, 'moves.jsonl') as { time: number; value: string }[]).map(
    ({ time, value }) => `${time / SECONDS} ${value}`,
  );
  expect(moved).toEqual([
    '1 c undefined>1',
    '2 c 1>2',
    '3 a undefined>3',
    '4 b undefined>4',
    '9 b 4>undefined',
  ]);
});

describe('late events that a plan keeps', () => {
  const plan = stream('events')
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(10, SECONDS))
    .sideOutput(lateEvents('too-late'))
    .count()
    .to(table('counts'));
  const lines = [event(1, 'a'), event(15, 'a'), event(2, 'late')];

  test('have a file of their own, in order of arrival', async () => {
    const output = place.output();
    const lane = place.lane(lines);
    const { summary } = await runBatch(plan, { inputs: { events: [lane] }, output, arrival: true });
    expect(resultsOf(output, 'too-late.jsonl')).toEqual([
      {
        reason: 'LATE',
        detail: expect.any(String),
        lane: lane.name,
        position: 3,
        data: JSON.stringify(event(2, 'late')),
      },
    ]);
    expect(summary.lateEvents).toEqual({ 'too-late': { file: 'too-late.jsonl', lines: 1 } });
    expect(resultsOf(output, 'dead-letters.jsonl')).toEqual([]);
  });

  test('are counted like any other where nothing is late', async () => {
    const output = place.output();
    await runBatch(plan, { inputs: { events: [place.lane(lines)] }, output });
    expect(resultsOf(output, 'too-late.jsonl')).toEqual([]);
    expect(resultsOf(output, 'counts.jsonl')).toHaveLength(3);
  });

  test('cannot go where results go', async () => {
    const clash = stream('events')
      .keyBy((e) => e.key)
      .window(TumblingWindow.of(10, SECONDS))
      .sideOutput(lateEvents('same'))
      .count()
      .to(table('same'));
    const run = runBatch(clash, { inputs: { events: [place.lane([])] }, output: place.output() });
    await expect(run).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
      message: 'results and late events would both be written to same.jsonl',
    });
  });
});

test('what a later stage cannot take is a dead letter, with the place where it was told', async () => {
  const plan = counted(stream('events'), 'counts')
    .map(({ key, value }) => (key === 'bad' ? Number.NaN : value))
    .keyBy(() => 'all')
    .window(TumblingWindow.of(10, SECONDS))
    .sum((value) => value, { name: 'sums' })
    .to(table('sums'));
  const output = place.output();
  const lines = [event(1, 'a'), event(2, 'bad'), event(3, 'a')];
  await runBatch(plan, { inputs: { events: [place.lane(lines)] }, output });
  expect(resultsOf(output, 'sums.jsonl')).toMatchObject([{ key: 'all', value: 2 }]);
  expect(resultsOf(output, 'dead-letters.jsonl')).toEqual([
    {
      reason: 'VALUE',
      detail: expect.stringContaining('not a finite number'),
      lane: expect.stringMatching(/^counts@\d>sums$/),
      position: expect.stringMatching(/^p0*10000#/),
      data: expect.stringContaining('"key":"bad"'),
    },
  ]);
});

test('rows of keys that look alike, or sort after all others, are all there', async () => {
  const output = place.output();
  const keys = ['room#1', 'room#01', '\u{10ffff}z'];
  const keyed = stream('clicks').keyBy((e) => e.key);
  const plan = combine(
    keyed
      .process<string>({ name: 'each', onEvent: (context) => context.emit('seen') })
      .to(table('each')),
    keyed.count({ name: 'rows' }).to(table('rows')),
  );
  const clicks = [place.lane(keys.map((key) => event(1, key)))];
  await runBatch(plan, { inputs: { clicks }, output });
  for (const file of ['each.jsonl', 'rows.jsonl']) {
    const found = resultsOf(output, file).map((row) => (row as { key: string }).key);
    expect(found.toSorted(), file).toEqual(keys.toSorted());
  }
});
