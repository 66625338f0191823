import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { queryCommand } from '../../../src/cli/start/query-command.ts';
import { type Summary, summaryJson, summaryText } from '../../../src/cli/start/summary.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');

const SUMMARY: Summary = {
  input: 'generated, seed 1',
  settings: {
    windowMs: 300_000,
    outOfOrdernessMs: 30_000,
    filterAction: 'click',
    keyField: 'url',
    speed: 60,
    seed: 1,
    shards: 4,
    batchSize: 1_000,
  },
  accounting: { records: 20_000, counted: 13_900, late: 40, dead: 60, filtered: 6_000 },
  lateByReason: { 'behind the watermark': 40 },
  deadLetteredByReason: { SCHEMA: 10, FUTURE: 50, KEY: 0 },
  actionsSeen: ['click', 'view'],
  windows: [
    { key: '/b', windowStart: NOON, windowEnd: NOON + 300_000, value: 3 },
    { key: '/a', windowStart: NOON + 300_000, windowEnd: NOON + 600_000, value: 4 },
    { key: '/a', windowStart: NOON, windowEnd: NOON + 300_000, value: 2 },
  ],
  writeUnits: { segments: 300, control: 100, results: 2_000, deadLetters: 60 },
  comparison: { total: 0, differences: [] },
  results: {
    table: 'page-clicks',
    gone: false,
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:4567',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  },
  staysUp: true,
};

test('a person reads what became of every record, what it cost and where it is', () => {
  expect(`\n${summaryText(SUMMARY)}`).toBe(`
OK: the results equal a plain recount of the stream.

records in          20,000   generated, seed 1
counted             13,900   3 rows of 2 windows of 5m
filtered             6,000   not 'click'
late                    40   behind the watermark 40
dead-lettered           60   FUTURE 50 · SCHEMA 10

DynamoDB write units per million events, next to one write an event:
  shuffle and control        20,000    2.0 %
  results                   100,000   10.0 %
  dead letters                3,000    0.3 %
  all                       123,000   12.3 %
  one write an event      1,000,000  100.0 %

Results are in the table page-clicks at http://127.0.0.1:4567; ask for one page with

AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws dynamodb query --region us-east-1 --endpoint-url http://127.0.0.1:4567 --table-name page-clicks \\
  --key-condition-expression '#key = :key' \\
  --expression-attribute-names '{"#key":"key"}' \\
  --expression-attribute-values '{":key":{"S":"/a"}}'

Ctrl-C ends.
`);
});

test('a program reads all results, in the order of window and key', () => {
  const json = JSON.parse(summaryJson(SUMMARY));
  expect(json).toMatchObject({
    ok: true,
    input: 'generated, seed 1',
    settings: SUMMARY.settings,
    records: 20_000,
    counted: 13_900,
    late: 40,
    deadLettered: 60,
    filtered: 6_000,
    writeUnits: { segments: 300, control: 100, results: 2_000, deadLetters: 60 },
    differences: [],
  });
  expect(json.writeUnits.perMillionEvents).toEqual({
    shuffleAndControl: 20_000,
    results: 100_000,
    deadLetters: 3_000,
    total: 123_000,
  });
  expect(json.windows).toEqual([
    { key: '/a', windowStart: NOON, windowEnd: NOON + 300_000, value: 2 },
    { key: '/b', windowStart: NOON, windowEnd: NOON + 300_000, value: 3 },
    { key: '/a', windowStart: NOON + 300_000, windowEnd: NOON + 600_000, value: 4 },
  ]);
});

describe('differences', () => {
  const comparison = { total: 21, differences: ['late: 1 in the pipeline, 2 in the recount'] };

  test('are told first, with how many there are more', () => {
    const [first, second, third] = summaryText({ ...SUMMARY, comparison }).split('\n');
    expect(first).toBe('NOT OK: 21 differences from a plain recount of the stream.');
    expect([second, third]).toEqual([`  ${comparison.differences[0]}`, '  and 20 more']);
  });

  test('are not OK for a program', () => {
    expect(JSON.parse(summaryJson({ ...SUMMARY, comparison }))).toMatchObject({
      ok: false,
      differences: comparison.differences,
      differencesTotal: 21,
    });
  });
});

test('what was not compared is not OK', () => {
  const summary = { ...SUMMARY, comparison: undefined, staysUp: false };
  expect(JSON.parse(summaryJson(summary))).toMatchObject({ ok: false, compared: false });
  expect(summaryText(summary)).toMatch(/^Ended early/);
  expect(summaryText(summary)).not.toContain('Ctrl-C');
});

test('results that went with their server are not said to be there', () => {
  const results = { ...SUMMARY.results, gone: true };
  const text = summaryText({ ...SUMMARY, results, staysUp: false });
  expect(text).toContain('Leave out --exit');
  expect(text).not.toContain('aws dynamodb');
});

test('nothing at all costs nothing', () => {
  const accounting = { records: 0, counted: 0, late: 0, dead: 0, filtered: 0 };
  const text = summaryText({ ...SUMMARY, accounting, windows: [] });
  expect(text).toMatch(/all +0 +0\.0 %/);
  expect(text).toContain('{":key":{"S":"/"}}');
});

describe('the query command', () => {
  test('of DynamoDB itself names no endpoint and no credentials', () => {
    const command = queryCommand(
      { table: 't', gone: false, region: 'eu-west-1', endpoint: undefined },
      '/',
    );
    expect(command.split('\n')[0]).toBe('aws dynamodb query --region eu-west-1 --table-name t \\');
  });

  test.each([`it's`, '$(touch x) `y` "z" \\ !', 'a\nb', '\u202e\u009b', '漢😀'])(
    'carries the key %j through a shell',
    (key) => {
      const command = queryCommand(SUMMARY.results, key);
      expect(command.replaceAll('\\\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      const words = execFileSync('sh', [
        '-c',
        `aws() { printf '%s\\n' "$@"; }\n${command.replace(/^(\w+=\w+ )+/, '')}`,
      ]);
      const values = words.toString().trimEnd().split('\n').at(-1) ?? '';
      expect(JSON.parse(values)).toEqual({ ':key': { S: key } });
    },
  );
});
