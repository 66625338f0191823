import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keyMatcher } from '../../../src/cli/tidemark/glob.ts';
import { linesOf, workplace } from '../../runtime/batch/workplace.ts';
import { put } from '../../sources/object-contract.ts';
import { type S3Server, startS3 } from '../../support/s3-server.ts';
import { called } from './called.ts';

const PIPELINE = path.resolve(import.meta.dirname, '../../../functions/clickstream/pipeline.ts');
const SHOP = path.resolve(import.meta.dirname, 'plans.ts');
const place = workplace();
let s3: S3Server;

beforeAll(async () => {
  s3 = await startS3();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  await s3.client.createBucket({ Bucket: 'logs' });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.stop();
});

const click = (second: number, url: string) => ({
  timestamp: `2026-03-01T12:${String(second).padStart(2, '0')}:00Z`,
  action: 'click',
  url,
});

test('a run over objects leaves what a run over the same files leaves', async () => {
  const minutes = Array.from({ length: 60 }, (_, n) => n);
  const files = [0, 1, 2].map((n) =>
    place.write(
      minutes.map((minute) => click(minute, `/${(minute * n) % 5}`)),
      `day-${n}.jsonl.gz`,
    ),
  );
  for (const [n, file] of files.entries()) {
    await put(
      { client: s3.client, bucket: 'logs' },
      { [`in/2026/${n}.jsonl.gz`]: readFileSync(file) },
    );
  }
  await put({ client: s3.client, bucket: 'logs' }, { 'in/2026/README': 'no event' });
  const outputs = [place.output(), place.output()] as const;
  const run = (output: string, ...inputs: string[]) =>
    called('run', PIPELINE, '--input', ...inputs, '--output', output, '--json');
  expect(await run(outputs[0], ...files)).toMatchObject({ code: 0, err: '' });
  const { code, err, out } = await run(outputs[1], 's3://logs/in/**/*.jsonl.gz');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({
    linesRead: 180,
    inputs: [0, 1, 2].map((n) => ({ stream: 'clicks', name: `s3://logs/in/2026/${n}.jsonl.gz` })),
  });
  const [ofFiles, ofObjects] = outputs.map((output) => linesOf(output, 'page-clicks.jsonl'));
  expect(ofFiles?.length).toBeGreaterThan(12);
  expect(ofObjects).toEqual(ofFiles);
  expect(
    (await called('run', PIPELINE, '--input', 's3://logs/in/**/*.jsonl.gz', '--output', outputs[1]))
      .out,
  ).toContain('finished before');
});

test('each stream has its own, files and objects together', async () => {
  const visit = (at: number, page: string) => JSON.stringify({ at, page });
  await put(
    { client: s3.client, bucket: 'logs' },
    { 'a=b/clicks.jsonl': `${visit(1, 'a')}\n${visit(2, 'b')}` },
  );
  const orders = place.write([visit(4, 'a')]);
  const inputs = ['clicks=s3://logs/a=b/clicks.jsonl', `orders=${orders}`];
  const { code, err, out } = await called(
    'run',
    SHOP,
    '--input',
    ...inputs,
    '--output',
    place.output(),
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('shop: 3 lines read');
});

test.each`
  input                          | said
  ${'s3://logs'}                 | ${"'s3://logs' names no object\nWrite s3://bucket/key"}
  ${'s3://logs/in/'}             | ${"'s3://logs/in/' names no object"}
  ${'s3:///key'}                 | ${"'s3:///key' names no object"}
  ${'clicks=s3://logs/no.jsonl'} | ${"there is no object 's3://logs/no.jsonl'\nCheck the bucket"}
  ${'s3://logs/in/*.csv'}        | ${"no object matches 's3://logs/in/*.csv'\nPatterns know"}
  ${'s3://no-logs/*'}            | ${"there is no bucket 'no-logs'"}
`('$input is refused: $said', async ({ input, said }) => {
  const args = ['run', PIPELINE, '--input', input, '--output', place.output()];
  const { code, err, out } = await called(...args);
  expect(err).toContain(`error: ${said}`);
  expect({ code, out }).toEqual({ code: 2, out: '' });
});

test.each`
  pattern          | keys
  ${'*.jsonl'}     | ${'a.jsonl b10.jsonl'}
  ${'?.jsonl'}     | ${'a.jsonl'}
  ${'.*'}          | ${'.hidden'}
  ${'day/*/c.*'}   | ${'day/1/c.gz day/ü/c.gz'}
  ${'day/**'}      | ${'day/1/c.gz day/1/deep/d.gz day/ü/c.gz day//e.gz'}
  ${'**/c.gz'}     | ${'day/1/c.gz day/ü/c.gz'}
  ${'**/*.jsonl'}  | ${'a.jsonl b10.jsonl'}
  ${'**/deep/**'}  | ${'day/1/deep/d.gz'}
  ${'day/?/c.gz'}  | ${'day/1/c.gz day/ü/c.gz'}
  ${'x(?)/[!]*.z'} | ${'x(1)/[!]y.z'}
  ${'a.json'}      | ${''}
`('of all keys $pattern means [$keys]', ({ pattern, keys }) => {
  const matcher = keyMatcher(pattern);
  expect(KEYS.filter((key) => matcher.test(key)).join(' ')).toBe(keys);
});

const KEYS = [
  ...['a.jsonl', 'b10.jsonl', '.hidden', 'day/1/c.gz', 'day/1/deep/d.gz', 'day/ü/c.gz'],
  ...['day/.old/c.gz', 'day/1/.tmp', 'day//e.gz', 'x(1)/[!]y.z'],
];
