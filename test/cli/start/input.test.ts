import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detect, fileItems } from '../../../src/cli/start/input.ts';
import type { TrafficItem } from '../../../src/cli/start/traffic-item.ts';
import { ConfigurationError } from '../../../src/errors.ts';

let folder = '';
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-input-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('lines', () => {
  const lines = [
    '{"page":"/a"}  ',
    'not json {',
    '{"page":"/ü漢"}\r',
    '\ufeff{"page":"/b"}',
    'last',
  ];

  test.each([
    ['plain', ''],
    ['closed by a newline', '\n'],
  ])('are played as they are, %s', async (_, end) => {
    expect((await items(`${lines.join('\n')}${end}`)).map((item) => item.line)).toEqual(lines);
  });

  test('are unpacked by content and by extension alike', async () => {
    const packed = gzipSync(lines.join('\n'));
    for (const name of ['events.jsonl.gz', 'events.jsonl']) {
      expect((await items(packed, name)).map((item) => item.line)).toEqual(lines);
    }
  });

  test('that are no text stay the same bytes', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const [item] = await items(Buffer.concat([bytes, Buffer.from('\n')]));
    expect(item?.line).toEqual(bytes);
  });

  test('of blanks are counted and not played', async () => {
    const played = fileItems(file('\n{"page":"/"}\n  \t\r\n\n{"page":"/"}\n\n'));
    expect((await all(played)).length).toBe(2);
    expect(played.blankLines).toBe(4);
  });

  test('survive being cut anywhere by the reader', async () => {
    const long = Array.from({ length: 4_000 }, (_, i) => JSON.stringify({ page: `/ü/${i}`, i }));
    expect((await items(long.join('\n'))).map((item) => item.line)).toEqual(long);
  });
});

describe('partition keys', () => {
  test.each`
    line                                         | key
    ${'{"user_id":"u1","page":"/a","url":"/b"}'} | ${'u1'}
    ${'{"user_id":17850,"page":"/a"}'}           | ${'17850'}
    ${'{"user_id":0,"page":"/a"}'}               | ${'0'}
    ${'{"user_id":"","page":"/a","url":"/b"}'}   | ${'/a'}
    ${'{"user_id":null,"url":"/b"}'}             | ${'/b'}
    ${'{"user_id":{"id":1},"url":"/b"}'}         | ${'/b'}
    ${`{"user_id":"${'x'.repeat(256)}"}`}        | ${'x'.repeat(256)}
  `('$line goes with $key', async ({ line, key }) => {
    expect((await items(line))[0]?.partitionKey).toBe(key);
  });

  test('of lines without a user or page spread over the shards', async () => {
    const keys = (await items('{\n{}\nnull\n[]\n{')).map((item) => item.partitionKey);
    expect(new Set(keys).size).toBe(5);
    expect(keys.every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
  });

  test('are never longer than Kinesis takes', async () => {
    const [item] = await items(`{"user_id":"${'x'.repeat(257)}"}`);
    expect(item?.partitionKey).toMatch(/^[0-9a-f]{64}$/);
  });
});

test('one clock that is ahead does not carry the pace with it, a second one does', async () => {
  const at = (ms: number) => JSON.stringify({ page: '/', timestamp: ms });
  const DAY = 86_400_000;
  const times = [1_000, DAY, 2_000, 3_000, 2 * DAY, 2 * DAY + 5, 2 * DAY + 9].map(at).join('\n');
  expect((await items(times)).map((item) => item.arrivalTime)).toEqual([
    1_000,
    1_000,
    2_000,
    3_000,
    3_000,
    2 * DAY,
    2 * DAY + 9,
  ]);
});

test('arrival times come from arrived_at, else timestamp, and never go back', async () => {
  const times = await items(
    [
      '{"truncated',
      '{"timestamp":"1970-01-01T00:00:05Z","page":"/"}',
      '{"timestamp":"1970-01-01T00:00:06Z","arrived_at":"1970-01-01T00:00:09Z"}',
      '{"timestamp":"1970-01-01T00:00:07Z"}',
      '{"timestamp":12000}',
      '{"timestamp":"soon"}',
    ].join('\n'),
  );
  expect(times.map((item) => item.arrivalTime)).toEqual([
    5_000, 5_000, 9_000, 9_000, 12_000, 12_000,
  ]);
});

describe('detect', () => {
  test.each`
    lines                                                 | keyField
    ${['{"page":"/"}']}                                   | ${'page'}
    ${['{"url":"/"}']}                                    | ${'url'}
    ${['{"page":"/","url":"/"}']}                         | ${'page'}
    ${['broken', '', '[1]', '{"page":7}', '{"url":"/"}']} | ${'url'}
    ${['{"page":"/"}', '{"url":"/"}', '{"url":"/"}']}     | ${'url'}
  `('$lines name the page in $keyField', async ({ lines, keyField }) => {
    expect((await detect(file(lines.join('\n')))).keyField).toBe(keyField);
  });

  test('tells the first time', async () => {
    expect((await detect(file('x\n{"page":"/","timestamp":1500}'))).firstArrivalTime).toBe(1_500);
  });

  test('refuses a file without pages', async () => {
    await refused(detect(file('{"sensor":1}\n{"sensor":2}')), 'none of the first 2 lines');
  });
});

describe('files that cannot be played are refused', () => {
  test('missing', () => refused(items('', 'missing.jsonl', false), 'there is no file'));
  test('a folder', () => refused(all(fileItems(folder)), 'is a folder'));
  test('empty', () => refused(items(''), 'is empty'));
  test('nothing but blanks', () => refused(items('\n \n'), 'is empty'));
  test('packed nothing', () => refused(items(gzipSync('')), 'is empty'));
  test('nothing to detect', () => refused(detect(file('\n\n')), 'is empty'));
  test('no gzip under such a name', () => refused(items('{}', 'a.jsonl.gz'), 'is not gzip'));
  test('a broken archive', () =>
    refused(
      items(gzipSync('{"page":"/"}\n'.repeat(999)).subarray(0, 40), 'b.gz'),
      'cannot be read',
    ));
  test('a line that no record can hold', () =>
    refused(items(`{}\n"${'x'.repeat(1_048_576)}"`), 'line 2 of'));
});

function file(content: string | Uint8Array, name = 'events.jsonl'): string {
  files += 1;
  const target = path.join(folder, `${files}-${name}`);
  writeFileSync(target, content);
  return target;
}

async function all(played: AsyncIterable<TrafficItem>): Promise<TrafficItem[]> {
  const taken: TrafficItem[] = [];
  for await (const item of played) taken.push(item);
  return taken;
}

const items = (
  content: string | Uint8Array,
  name?: string,
  written = true,
): Promise<TrafficItem[]> =>
  all(fileItems(written ? file(content, name) : path.join(folder, name ?? '')));

async function refused(work: Promise<unknown>, said: string): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining(said) });
}
