import { truncateSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pipeline, SECONDS, TumblingWindow, table } from '../../../src/index.ts';
import { fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import { counts } from './plans.ts';
import { linesOf, resultsOf, workplace } from './workplace.ts';

const place = workplace();
const event = (at: number, key = 'a') => ({ at, key, value: 1 });

describe('lines', () => {
  test('come from plain and packed files together; blank ones are nothing', async () => {
    const { output, summary } = await ran(
      place.write([event(1), '', '  \t\r', event(2)]),
      place.write([event(3)], 'packed.jsonl.gz'),
      place.write([], 'empty.jsonl'),
    );
    expect(resultsOf(output, 'counts.jsonl')).toEqual([
      { key: 'a', windowStart: 0, windowEnd: 10_000, value: 3 },
    ]);
    expect(summary.stages).toEqual({
      'events-tumbling-10s-count': { records: 3, filtered: 0, late: 0, deadLetters: 0 },
    });
    expect(summary.results).toEqual({ counts: { file: 'counts.jsonl', lines: 1 } });
  });

  test('that are no events become dead letters, with the file and the line', async () => {
    const file = place.write([event(1), '', '{"at":1', { at: 'soon' }, event(2, '')]);
    const { output } = await ran(file);
    expect(resultsOf(output, 'dead-letters.jsonl')).toEqual([
      {
        reason: 'NOT_JSON',
        detail: expect.any(String),
        lane: file,
        position: 3,
        data: '{"at":1',
      },
      {
        reason: 'SCHEMA',
        detail: expect.any(String),
        lane: file,
        position: 4,
        data: '{"at":"soon"}',
      },
      {
        reason: 'KEY',
        detail: expect.any(String),
        lane: file,
        position: 5,
        data: expect.any(String),
      },
    ]);
  });

  test('that are no text are kept as bytes', async () => {
    const file = place.write([]);
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x0a]));
    const { output } = await ran(file);
    expect(resultsOf(output, 'dead-letters.jsonl')).toMatchObject([{ dataBase64: '//4=' }]);
  });

  test('of years to come are as good as any', async () => {
    const { output } = await ran(place.write([event(9e14)]));
    expect(resultsOf(output, 'counts.jsonl')).toMatchObject([{ windowStart: 9e14 }]);
  });
});

test('no lines at all leave empty files', async () => {
  const { output } = await ran(place.write([]));
  expect(linesOf(output, 'counts.jsonl')).toEqual([]);
  expect(linesOf(output, 'dead-letters.jsonl')).toEqual([]);
});

test('a stream that stops at bad records ends the run at the first one', async () => {
  const file = place.write([event(1), 'bad', 'worse']);
  const run = runBatch(counts({ onBadRecord: 'stop' }), {
    inputs: { events: [fileLane(file)] },
    output: place.output(),
  });
  await expect(run).rejects.toMatchObject({
    code: 'BAD_RECORD',
    message: expect.stringContaining(`line 2 of '${file}'`),
  });
});

describe('a run is refused', () => {
  test('for a file that is cut, with the line from which it cannot be read', async () => {
    const file = place.write([], 'cut.jsonl.gz');
    const lines = Array.from({ length: 60_000 }, (_, i) => JSON.stringify(event(i, `${i * i}`)));
    writeFileSync(file, gzipSync(lines.join('\n')));
    truncateSync(file, 200_000);
    await expect(ran(file)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(/cannot be read from line \d{4,} on: unexpected end of file/),
    });
  });

  test.each([
    ['a stream without input', {}, 'there is no input for the stream events'],
    ['an input without a stream', { events: [], clicks: [] }, 'the plan has no stream clicks'],
  ])('for %s', async (_, inputs, message) => {
    const run = runBatch(counts(), { inputs, output: place.output() });
    await expect(run).rejects.toMatchObject({ message });
  });

  test('for a file that comes twice', async () => {
    const file = place.write([event(1)]);
    await expect(ran(file, file)).rejects.toMatchObject({ message: `'${file}' is given twice` });
  });

  test('for an output that is no folder', async () => {
    const file = place.write([event(1)]);
    const run = runBatch(counts(), { inputs: { events: [fileLane(file)] }, output: file });
    await expect(run).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
      message: expect.stringContaining(`'${file}' cannot be written to`),
    });
  });

  test('for a sink whose file has another use', async () => {
    const plan = pipeline('p')
      .stream('events', {
        schema: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
        timestamp: () => 0,
        outOfOrderness: 0,
      })
      .keyBy(() => 'k')
      .window(TumblingWindow.of(1, SECONDS))
      .count()
      .to(table('dead-letters'));
    const inputs = { events: [place.lane([])] };
    await expect(runBatch(plan, { inputs, output: place.output() })).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
    });
  });
});

async function ran(...files: string[]) {
  const output = place.output();
  const inputs = { events: files.map(fileLane) };
  return { output, ...(await runBatch(counts(), { inputs, output })) };
}
