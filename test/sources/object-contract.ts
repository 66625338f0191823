import { gzipSync } from 'node:zlib';
import type { S3 } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type ObjectReader, s3Lane, s3Lanes } from '../../src/aws.ts';
import type { InputLane } from '../../src/runtime/batch/index.ts';
import type { LineBatch } from '../../src/sources/line-batches.ts';

/** A server of S3, with a bucket that is there and empty. */
export interface ObjectPlace {
  readonly client: S3;
  readonly bucket: string;
}

/** What reading lines out of objects promises, on any server of S3. */
export const objectContract: readonly {
  readonly name: string;
  readonly run: (place: ObjectPlace) => Promise<void>;
}[] = [
  {
    name: 'plain and packed objects have the same lines, as often as they are read',
    async run({ client, bucket }) {
      const lines = Array.from(
        { length: 20_000 },
        (_, n) => `{"n":${n},"é":"${'x'.repeat(n % 40)}"}`,
      );
      const text = `${lines.join('\n')}\n`;
      await put({ client, bucket }, { plain: text, 'named.jsonl': gzipSync(text), '0.gz': '' });
      for (const key of ['plain', 'named.jsonl']) {
        const lane = await s3Lane({ client, bucket, key });
        expect(lane.name).toBe(`s3://${bucket}/${key}`);
        for (const _ of [1, 2]) {
          const batches = await batchesOf(lane);
          expect(batches.flatMap(textsOf)).toEqual(lines);
          expect(batches.map(({ first }) => first)).toEqual(firstsOf(batches));
          expect(batches.at(-1)?.bytesRead).toBe(lane.bytes);
        }
      }
      expect(await linesOf(await s3Lane({ client, bucket, key: '0.gz' }))).toEqual([]);
    },
  },
  {
    name: 'objects below a prefix are lanes by the bytes of their keys, whatever the pages',
    async run({ client, bucket }) {
      const keys = ['a/1', 'a/10', 'a/2', 'a/b/&<1>', 'a/b/2'];
      const objects = Object.fromEntries([...keys].reverse().map((key) => [key, key]));
      await put({ client, bucket }, { ...objects, 'a/': '', 'a/b/': '', b: 'b', 'A/1': 'x' });
      const small: ObjectReader = {
        getObject: (input) => client.getObject(input),
        headObject: (input) => client.headObject(input),
        listObjectsV2: (input) => client.listObjectsV2({ ...input, MaxKeys: 2 }),
      };
      const lanes = await s3Lanes({ client: small, bucket, prefix: 'a/' });
      const names = keys.map((key) => `s3://${bucket}/${key}`);
      expect(lanes.map(({ name }) => name)).toEqual(names);
      expect(await linesOf(...lanes)).toEqual(keys);
      const one = await s3Lane({ client, bucket, key: 'a/1' });
      expect(lanes[0]).toMatchObject({ version: one.version, bytes: one.bytes });
      const only = (key: string) => key.endsWith('0');
      expect((await s3Lanes({ client, bucket, only })).map(({ name }) => name)).toEqual([names[1]]);
      expect(await s3Lanes({ client, bucket, prefix: 'none/' })).toEqual([]);
    },
  },
  {
    name: 'the order is that of UTF-8, also where a server has none',
    async run({ client, bucket }) {
      const keys = ['e', 'é', '\uffee', '\u{1f30a}'];
      await put({ client, bucket }, Object.fromEntries(keys.map((key) => [key, ''])));
      const backwards: ObjectReader = {
        getObject: (input) => client.getObject(input),
        headObject: (input) => client.headObject(input),
        async listObjectsV2(input) {
          const page = await client.listObjectsV2(input);
          return { ...page, Contents: page.Contents?.toReversed() };
        },
      };
      const lanes = await s3Lanes({ client: backwards, bucket });
      expect(lanes.map(({ name }) => name)).toEqual(keys.map((key) => `s3://${bucket}/${key}`));
    },
  },
  {
    name: 'a stream that breaks is gone on with where it broke',
    async run({ client, bucket }) {
      const lines = Array.from({ length: 3_000 }, (_, n) => `{"n":${n}}`);
      const text = lines.join('\n');
      await put({ client, bucket }, { plain: text, packed: gzipSync(text) });
      for (const key of ['plain', 'packed']) {
        const ranges: string[] = [];
        const breaking: ObjectReader = {
          headObject: (input) => client.headObject(input),
          listObjectsV2: (input) => client.listObjectsV2(input),
          async getObject(input) {
            ranges.push(input.Range ?? 'all');
            const answer = await client.getObject(input);
            const body = answer.Body as AsyncIterable<Uint8Array>;
            return { ...answer, Body: brokenAfter(1 + 999 * ranges.length, body) };
          },
        };
        const backoff = { baseMs: 0 };
        const lane = await s3Lane({ client: breaking, bucket, key, backoff });
        expect(await linesOf(lane)).toEqual(lines);
        expect(ranges.slice(0, 3)).toEqual(['all', 'bytes=1000-', 'bytes=2999-']);
      }
    },
  },
  {
    name: 'an object that has changed since is not read, and is another version',
    async run({ client, bucket }) {
      await put({ client, bucket }, { key: '{"n":1}' });
      const before = await s3Lane({ client, bucket, key: 'key' });
      await put({ client, bucket }, { key: '{"n":2}' });
      const refused = { code: 'INPUT_INVALID', message: `'${before.name}' ${CHANGED}` };
      await expect(linesOf(before)).rejects.toMatchObject(refused);
      const after = await s3Lane({ client, bucket, key: 'key' });
      expect(after.bytes).toBe(before.bytes);
      expect(after.version).not.toBe(before.version);
    },
  },
  {
    name: 'what is not there is refused',
    async run({ client, bucket }) {
      await put({ client, bucket }, { gone: '{}' });
      const gone = await s3Lane({ client, bucket, key: 'gone' });
      await client.deleteObject({ Bucket: bucket, Key: 'gone' });
      const missing = (key: string) => ({
        code: 'INPUT_INVALID',
        message: `there is no object 's3://${bucket}/${key}'`,
      });
      await expect(linesOf(gone)).rejects.toMatchObject(missing('gone'));
      const lane = s3Lane({ client, bucket, key: 'never' });
      await expect(lane).rejects.toMatchObject(missing('never'));
      const lanes = s3Lanes({ client, bucket: `no-${bucket}` });
      await expect(lanes).rejects.toMatchObject({
        code: 'RESOURCE_MISSING',
        message: `there is no bucket 'no-${bucket}'`,
      });
    },
  },
  {
    name: 'what is no gzip, or not whole, and lines without an end are refused',
    async run({ client, bucket }) {
      const lines = Array.from({ length: 60_000 }, (_, n) => `${n * n}`);
      await put(
        { client, bucket },
        {
          'plain.gz': '{}\n',
          'cut.gz': gzipSync(lines.join('\n')).subarray(0, 100_000),
          long: Buffer.alloc(17 * 1024 * 1024, 'x'),
        },
      );
      const read = async (key: string) => linesOf(await s3Lane({ client, bucket, key }));
      const invalid = (message: string | RegExp) => ({
        code: 'INPUT_INVALID',
        message: expect.stringMatching(message),
      });
      await expect(read('plain.gz')).rejects.toMatchObject(invalid(/plain\.gz' is not gzip$/));
      await expect(read('cut.gz')).rejects.toMatchObject(
        invalid(/cut\.gz' cannot be read from line \d{4,} on: unexpected end of file$/),
      );
      await expect(read('long')).rejects.toMatchObject(
        invalid(`^line 1 of 's3://${bucket}/long' is longer than 16777216 bytes$`),
      );
    },
  },
];

const CHANGED = 'has changed since the run began';

async function batchesOf(lane: InputLane) {
  const batches = [];
  for await (const batch of lane.read()) batches.push(batch);
  return batches;
}

const textsOf = (batch: LineBatch): string[] =>
  Array.from({ length: batch.count }, (_, n) => String(batch.line(n)));

/** The text of all lines. */
export async function linesOf(...lanes: readonly InputLane[]): Promise<string[]> {
  const all: string[] = [];
  for (const lane of lanes) {
    for await (const batch of lane.read()) all.push(...textsOf(batch));
  }
  return all;
}

export async function put(
  { client, bucket: Bucket }: ObjectPlace,
  objects: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [Key, content] of Object.entries(objects)) {
    await client.putObject({ Bucket, Key, Body: Buffer.from(content) });
  }
}

/** Where each batch begins if none is missing and none comes twice. */
function firstsOf(batches: readonly { readonly count: number }[]): number[] {
  let first = 1;
  return batches.map(({ count }) => {
    first += count;
    return first - count;
  });
}

async function* brokenAfter(
  bytes: number,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left < 0) throw new Error('the line is dead');
  }
}
