import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { RESOURCES_VARIABLE } from '../../../src/environment.ts';
import { workplace } from '../../runtime/batch/workplace.ts';
import type { LocalPipeline } from '../../support/local-pipeline.ts';
import { called, calledUntil } from './called.ts';
import { useDeployments } from './deploying.ts';
import shop from './plans.ts';

const SHOP = path.resolve(import.meta.dirname, 'plans.ts');
const place = workplace();

const { servers, deploy } = useDeployments();
let deployed: LocalPipeline;

/** Two streams of two shards. All is fired through 10 s, and what comes after is open. */
beforeAll(async () => {
  deployed = await deploy(shop);
  const visit = (at: number, page: string) => ({ at, page });
  await deployed.put('clicks', [
    [visit(1_000, 'a'), visit(12_000, 'b'), visit(25_000, 'c')],
    [visit(2_000, 'a'), { at: 3_000 }, visit(13_000, 'b'), visit(14_000, 'd')],
  ]);
  await deployed.put('orders', [[visit(4_000, 'e'), visit(26_000, 'e')], [visit(27_000, 'a')]]);
  await deployed.run(10_000);
}, 60_000);

test('positions tells of lanes and buckets', async () => {
  expect(plain(await called('positions', SHOP))).toEqual({
    code: 0,
    err: '',
    out: `shop

per-page: watermark 1970-01-01T00:00:13.999Z
  lane                 position  watermark                 last rise  epoch
  clicks/CLICKS/S-0  POSITION  1970-01-01T00:00:24.999Z  AGO        1
  clicks/CLICKS/S-1  POSITION  1970-01-01T00:00:13.999Z  AGO        1
  orders/ORDERS/S-0  POSITION  1970-01-01T00:00:25.999Z  AGO        1
  orders/ORDERS/S-1  POSITION  1970-01-01T00:00:26.999Z  AGO        1
${['  bucket  target                    fired through', ...[0, 1, 2, 3].map(bucketLine)].join('\n')}

busiest: watermark 1970-01-01T00:00:09.999Z
  stage before  watermark
  per-page      1970-01-01T00:00:09.999Z
${['  bucket  target                    fired through', ...[0, 1, 2, 3].map(bucketLine)].join('\n')}
`,
  });
});

test('positions tells the same as JSON', async () => {
  const { stages } = json(await called('positions', SHOP, '--json'));
  expect(stages[0]).toMatchObject({ stage: 'per-page', watermark: 13_999 });
  expect(stages[0].lanes[1]).toEqual({
    lane: expect.stringMatching(/^clicks\/.*shardId-000000000001$/),
    position: expect.stringMatching(/^\d{56}$/),
    watermark: 13_999,
    movedAt: expect.any(Number),
    recordsAt: expect.any(Number),
    epoch: 1,
    committedEpoch: 1,
    ended: false,
    holds: true,
    duplicates: 0,
    ...{ records: 4, filtered: 0, late: 0, deadLetters: 1 },
  });
  expect(stages[1].buckets).toEqual(
    [0, 1, 2, 3].map((bucket) => ({ bucket, target: 10_000, firedThrough: 10_000 })),
  );
});

test('windows tells what is open, and what holds it', async () => {
  expect(plain(await called('windows', SHOP, '--limit', '1'))).toEqual({
    code: 0,
    err: '',
    out: `shop

per-page: watermark 1970-01-01T00:00:13.999Z, 2 open
  from                      told at                   keys
  1970-01-01T00:00:10.000Z  1970-01-01T00:00:20.000Z     2
  and 1 later ones; --limit shows more
  held by clicks/CLICKS/S-1: idle, last rise AGO

busiest: watermark 1970-01-01T00:00:09.999Z, nothing is open
  held by per-page: waiting
`,
  });
});

test('windows tells the same as JSON, and that a lane has records to read', async () => {
  await deployed.put('clicks', [[], [{ at: 15_000, page: 'd' }]]);
  const { stages } = json(await called('windows', SHOP, '--json'));
  expect(stages[0]).toEqual({
    stage: 'per-page',
    watermark: 13_999,
    open: 2,
    windows: [
      { windowStart: 10_000, windowEnd: 20_000, keys: 2 },
      { windowStart: 20_000, windowEnd: 30_000, keys: 3 },
    ],
    heldBy: [
      {
        by: expect.stringMatching(/^clicks\/.*shardId-000000000001$/),
        state: 'behind',
        since: expect.any(Number),
        attempts: 0,
      },
    ],
  });
});

test('deadletters list names letters, and show shows what is in one', async () => {
  expect(plain(await called('deadletters', 'list', SHOP))).toEqual({
    code: 0,
    err: '',
    out: `arrived  reason  letter                      put again  detail
TIME  SCHEMA  CLICKS/S-1/POSITION#0#clicks  -          page: Invalid input: expected string, received undefined
`,
  });
  const letter = json(await called('deadletters', 'list', SHOP, '--json'));
  expect(letter).toMatchObject({ reason: 'SCHEMA', source: 'clicks', index: 0, bytes: 11 });
  expect(letter).not.toHaveProperty('data');
  const shown = await called('deadletters', 'show', SHOP, letter.letter);
  expect(plain(shown).out).toMatch(/^letter {4}CLICKS.*\nsource {4}clicks\n/);
  expect(shown.out).toMatch(/\n\n\{"at":3000\}\n$/);
  const whole = json(await called('deadletters', 'show', SHOP, letter.letter, '--json'));
  const { putAgainAt, ...head } = letter;
  expect(putAgainAt).toBeNull();
  expect(whole).toEqual({ ...head, data: '{"at":3000}' });
});

test.each([
  ['a reason', ['--reason', 'LATE']],
  ['a stream', ['--source', 'orders']],
  ['a time', ['--since', '2100-01-01T00:00:00Z']],
])('deadletters list can be asked for %s', async (_, flags) => {
  expect(await called('deadletters', 'list', SHOP, ...flags)).toEqual({
    code: 0,
    err: '',
    out: 'no letters\n',
  });
});

test('tail shows the records of all shards, as lines or as JSON, and ends', async () => {
  const from = ['tail', streamOf('orders'), '--from', 'trim-horizon'];
  const lines = plain(await called(...from, '--no-follow')).out.split('\n');
  expect(lines.toSorted()).toEqual([
    '',
    'TIME S-0 {"at":26000,"page":"e"}',
    'TIME S-0 {"at":4000,"page":"e"}',
    'TIME S-1 {"at":27000,"page":"a"}',
  ]);
  const { code, out } = await called(...from, '--limit', '1', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    shard: expect.stringMatching(/^shardId-/),
    position: expect.stringMatching(/^\d{56}$/),
    partitionKey: 'any',
    arrivalTime: expect.any(Number),
    data: expect.stringContaining('"page"'),
  });
});

test('tail follows what comes from now on, until it is interrupted', async () => {
  const end = new AbortController();
  const following = calledUntil(end.signal, 'tail', streamOf('orders'), '--limit', '1', '--json');
  // What was put before the shard was opened is not shown: one more is, at last.
  let at = 30_000;
  const putting = setInterval(() => deployed.put('orders', [[{ at: at++, page: 'z' }]]), 200);
  const { out } = await following.finally(() => clearInterval(putting));
  expect(JSON.parse(out).data).toContain('"page":"z"');
  end.abort();
  expect(await calledUntil(end.signal, 'tail', streamOf('orders'))).toMatchObject({ code: 130 });
});

describe('what is wrong is told', () => {
  const variable = `the environment variable ${RESOURCES_VARIABLE}`;

  test.each([
    ['nothing', undefined, `${variable} is not set`],
    ['half of it', '{"control":"c"}', `${variable} names no state table`],
  ])('of the deployment %s is said', async (_, value, said) => {
    vi.stubEnv(RESOURCES_VARIABLE, value);
    const { code, err } = await called('positions', SHOP);
    vi.stubEnv(RESOURCES_VARIABLE, JSON.stringify(deployed.resources));
    expect(err).toMatch(new RegExp(`^error: ${said}\n.*--resources.*\n$`));
    expect(code).toBe(2);
  });

  test('a file can say it as well', async () => {
    const file = place.path('resources.json');
    writeFileSync(file, JSON.stringify({ ...deployed.resources, control: 'no-such-table' }));
    expect(await called('positions', SHOP, '--resources', file)).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^error: .*resource.*\nCheck AWS_REGION and AWS_ENDPOINT_URL/i),
    });
  });

  test('nobody listens at the endpoint', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', 'http://127.0.0.1:1');
    const { code, err } = await called('tail', 'any');
    vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', servers().env.AWS_ENDPOINT_URL_KINESIS);
    expect(err).toMatch(/^error: the endpoint cannot be reached: .*127\.0\.0\.1:1\nCheck AWS_/);
    expect(code).toBe(1);
  });

  test.each`
    args                                                      | code | said
    ${['deadletters', 'show', SHOP, 'clicks/1#0#clicks']}     | ${1} | ${"there is no letter 'clicks/1#0#clicks'"}
    ${['deadletters', 'show', SHOP, 'rubbish']}               | ${1} | ${"there is no letter 'rubbish'"}
    ${['deadletters', 'list', SHOP, '--late', 'all']}         | ${1} | ${'no place for late events is called all'}
    ${['deadletters', 'list', SHOP, '--since', '2026-02-30']} | ${0} | ${''}
    ${['deadletters', 'list', SHOP, '--since', 'yesterday']}  | ${2} | ${'It takes a time such as'}
    ${['deadletters']}                                        | ${2} | ${'no command was given'}
    ${['windows', SHOP, '--limit', '0']}                      | ${2} | ${'It takes a whole number of at least 1'}
    ${['windows', SHOP, '--resources', 'none']}               | ${2} | ${"'none' cannot be read"}
    ${['tail', 'no-such-stream']}                             | ${1} | ${'no-such-stream'}
    ${['tail', 'any', '--from', 'noon']}                      | ${2} | ${'It takes latest, trim-horizon, or a time'}
  `('$args: $said', async ({ args, code, said }) => {
    const told = await called(...args);
    expect(told.err).toContain(said);
    expect(told.code).toBe(code);
  });
});

const bucketLine = (bucket: number): string =>
  `       ${bucket}  1970-01-01T00:00:10.000Z  1970-01-01T00:00:10.000Z`;

const streamOf = (name: string): string => String(deployed.resources.sources[name]?.name);

const json = ({ out }: { readonly out: string }) => JSON.parse(out);

/** Without what is another at each run: columns become as wide as what stands there now. */
function plain({
  out,
  ...rest
}: {
  readonly out: string;
  readonly code: number;
  readonly err: string;
}) {
  const text = out
    .replaceAll(/[\da-f]{8}-(clicks|orders)@\d+/g, (_, name: string) => name.toUpperCase())
    .replaceAll('shardId-00000000000', 'S-')
    .replaceAll(/\d{56}/g, 'POSITION')
    .replaceAll(/\b\d+s ago/g, 'AGO')
    .replaceAll(/20\d\d-[\d-]+T[\d:.]+Z/g, 'TIME')
    .replaceAll(/(lane|position|arrived|letter|AGO)( {4,})/g, (_, word: string, gap: string) => {
      return word + gap.slice(0, { lane: 17, position: 2, arrived: 2, letter: 22, AGO: 8 }[word]);
    });
  return { ...rest, out: text };
}
