import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Lane, s3Lanes } from '../../src/aws.ts';
import { fileLane, runBatch } from '../../src/runtime/batch/index.ts';
import { sums } from '../runtime/batch/plans.ts';
import { linesOf as linesOfFile, workplace } from '../runtime/batch/workplace.ts';
import { type S3Fault, type S3Server, startS3 } from '../support/s3-server.ts';
import { linesOf, objectContract, put } from './object-contract.ts';

let s3: S3Server;
let buckets = 0;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.stop());

const folder = workplace();

/** A bucket of its own for each test. */
async function bucketOf(objects: Readonly<Record<string, string | Buffer>> = {}) {
  const place = { client: s3.client, bucket: `bucket-${++buckets}` };
  await s3.client.createBucket({ Bucket: place.bucket });
  await put(place, objects);
  return place;
}

describe('objects of an embedded server', () => {
  test('the contract has its cases', () => expect(objectContract.length).toBeGreaterThan(5));
  test.each(objectContract)('$name', async ({ run }) => run(await bucketOf()));
});

test('a connection that is cut again and again is made anew for the rest, of the same content', async () => {
  const lines = Array.from({ length: 50_000 }, (_, n) => `{"n":${n}}`);
  const place = await bucketOf({ key: lines.join('\n') });
  const lane = await s3Lane({ ...place, key: 'key', backoff: { baseMs: 0 } });
  const from = s3.requests.length;
  s3.inject({ kind: 'cut', after: 70_000 }, { kind: 'cut', after: 0 }, { kind: 'cut', after: 1 });
  expect(await linesOf(lane)).toEqual(lines);
  expect(s3.requests.slice(from)).toEqual([
    `GET /${place.bucket}/key`,
    ...['bytes=70000-', 'bytes=70000-', 'bytes=70001-'].map(
      (range) => `GET /${place.bucket}/key ${range}`,
    ),
  ]);
});

test('an object that changes while it is read is not read on', async () => {
  const place = await bucketOf({ key: 'x\n'.repeat(400_000) });
  const lane = await s3Lane({ ...place, key: 'key', backoff: { baseMs: 0 } });
  s3.inject({ kind: 'cut', after: 300_000 });
  const read = async () => {
    for await (const _ of lane.read()) await put(place, { key: 'y\n'.repeat(400_000) });
  };
  await expect(read()).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: `'${lane.name}' has changed since the run began`,
    hint: expect.stringContaining('--fresh'),
  });
});

const cut: S3Fault = { kind: 'cut', after: 0 };

test.each<{ what: string; faults: readonly S3Fault[]; error: object }>([
  {
    what: 'nothing comes in as many tries as there are',
    faults: [cut, cut, cut],
    error: {
      code: 'UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(/broke off after 0 of 4 bytes/),
    },
  },
  {
    what: 'what comes is not what is stored',
    faults: [{ kind: 'wrong checksum' }],
    error: {
      code: 'UNAVAILABLE',
      message: expect.stringContaining('is not what is stored'),
      hint: expect.stringContaining('--fresh'),
    },
  },
  {
    what: 'the service cannot send the rest alone',
    faults: [{ kind: 'cut', after: 2 }, { kind: 'no range' }],
    error: {
      code: 'INPUT_INVALID',
      message: expect.stringContaining('does not send the last 2 bytes'),
    },
  },
  {
    what: 'S3 is out of order',
    faults: Array.from({ length: 3 }, () => ({ kind: 'answer', status: 503, code: 'SlowDown' })),
    error: { code: 'UNAVAILABLE', message: expect.stringContaining('"SlowDown"') },
  },
  {
    what: 'reading is not allowed',
    faults: [{ kind: 'answer', status: 403, code: 'AccessDenied' }],
    error: { code: 'ACCESS_DENIED', hint: expect.stringContaining('s3:GetObject') },
  },
  {
    what: 'credentials are over',
    faults: [{ kind: 'answer', status: 400, code: 'ExpiredToken' }],
    error: { code: 'ACCESS_DENIED', hint: expect.stringContaining('Sign in') },
  },
  {
    what: 'the object is archived',
    faults: [{ kind: 'answer', status: 403, code: 'InvalidObjectState' }],
    error: { code: 'INPUT_INVALID', message: expect.stringContaining('is archived') },
  },
  {
    what: 'the bucket is in another region',
    faults: [{ kind: 'answer', status: 301, code: 'PermanentRedirect' }],
    error: { code: 'RESOURCE_ELSEWHERE', hint: expect.stringContaining('AWS_REGION') },
  },
])('a lane fails when $what', async ({ faults, error }) => {
  const place = await bucketOf({ key: '{}\n\n' });
  const lane = await s3Lane({ ...place, key: 'key', backoff: { baseMs: 0, triesMax: 3 } });
  s3.inject(...faults);
  await expect(linesOf(lane)).rejects.toMatchObject(error);
});

test('no more is fetched than the reader takes', async () => {
  const MB = 1024 * 1024;
  const place = await bucketOf({ key: Buffer.alloc(64 * MB, `${'x'.repeat(99)}\n`) });
  const lane = await s3Lane({ ...place, key: 'key' });
  const before = s3.sent();
  for await (const { first } of lane.read()) {
    expect(first).toBe(1);
    break;
  }
  // What lies in the buffers of the connection is all that comes.
  expect(s3.sent() - before).toBeLessThan(32 * MB);
});

describe('a run over objects', () => {
  test('leaves what a run over the same files leaves', async () => {
    const texts = [0, 1, 2].map((n) =>
      Array.from({ length: 500 }, (_, i) => eventAt(i * 100, `k${(i + n) % 7}`, i / 7)),
    );
    const files = texts.map((lines, n) =>
      folder.write(lines, `part-${n}.jsonl${n === 1 ? '.gz' : ''}`),
    );
    const place = await bucketOf();
    for (const [n, file] of files.entries()) {
      await put(place, { [`in/part-${n}`]: readFileSync(file) });
    }
    const lanes = await s3Lanes({ ...place, prefix: 'in/' });
    const outputs = [folder.output(), folder.output()] as const;
    await runBatch(sums(), { inputs: { events: files.map(fileLane) }, output: outputs[0] });
    const { summary } = await runBatch(sums(), { inputs: { events: lanes }, output: outputs[1] });
    const results = outputs.map((output) => linesOfFile(output, 'sums.jsonl'));
    expect(results[0]?.length).toBeGreaterThan(30);
    expect(results[1]).toEqual(results[0]);
    expect(Object.values(summary.stages)).toMatchObject([{ records: 1_500 }]);
  });

  test('does not go on over an object that has changed', async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => JSON.stringify(eventAt(i * 100, 'k', 1)));
    const place = await bucketOf({ key: lines.join('\n') });
    const output = folder.output();
    const stop = new AbortController();
    const run = async (more = {}) =>
      runBatch(sums(), {
        inputs: { events: [await s3Lane({ ...place, key: 'key' })] },
        ...{ output, memoryLimit: 600_000, ...more },
      });
    const onProgress = () => stop.abort();
    await expect(run({ signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    await put(place, { key: lines.join('\n').replaceAll('"k"', '"l"') });
    await expect(run()).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(
        /key' was \d+ bytes with ETag ".*", and is \d+ bytes with ETag/,
      ),
    });
    await put(place, { key: lines.join('\n') });
    expect((await run()).went).toBe('resumed');
  });
});

const eventAt = (at: number, key: string, value: number) => ({ at: 1_000_000 + at, key, value });
