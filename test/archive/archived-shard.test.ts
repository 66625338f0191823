import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { archiveOf } from '../../src/archive/archive.ts';
import { archiveBody, archiveName } from '../../src/archive/archive-file.ts';
import { archivedShard } from '../../src/archive/archived-shard.ts';
import type { ShardReader, StartAt } from '../../src/runtime/local/shard-reader.ts';
import { workplace } from '../runtime/batch/workplace.ts';
import { useServers } from '../runtime/local/servers.ts';
import { streamRecords } from '../support/stream-records.ts';

const servers = useServers();
const place = workplace();
const SHARD = 'shardId-000000000000';

test.each([1, 2, 3])('of three records, %i in the archive, each is read once', async (archived) => {
  const { read } = await threeRecords(archived);
  expect(await read('TRIM_HORIZON')).toEqual(['0', '1', '2']);
});

test.each([1, 2, 3])(
  'so are those after a position, %i of three in the archive',
  async (archived) => {
    const { read, positions } = await threeRecords(archived);
    for (const n of [0, 1, 2]) {
      expect(await read({ after: positions[n] ?? '' })).toEqual(['0', '1', '2'].slice(n + 1));
    }
  },
);

test('from a time on nothing earlier is read, also if the archive ends before it', async () => {
  const { read, times } = await threeRecords(1);
  const atTimestamp = (times[1] ?? 0) + 1;
  const later = times.flatMap((time, n) => (time >= atTimestamp ? [String(n)] : []));
  expect(await read({ atTimestamp })).toEqual(later);
});

/** A shard of three records, the first of which an archive has too. */
async function threeRecords(archived: number) {
  const { client, name, put } = await servers.stream(1);
  for (const text of ['0', '1', '2']) {
    await put([text]);
    const at = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(at + 1);
  }
  const records = [...(await streamRecords(client, name)).values()].flat();
  const lane = `${name}@1/${SHARD}`;
  const kept = records.slice(0, archived).map((record) => ({ ...record, partitionKey: 'k' }));
  const file = place.path(archiveName(lane, kept));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, archiveBody(kept));
  const files = archiveOf([file]).get(lane) ?? [];
  const read = async (startAt: StartAt): Promise<string[]> => {
    const origin = { streamArn: 'arn', shardId: SHARD };
    const handOver = { isInStream: true, check: async () => {} };
    return textOf(archivedShard({ client, streamName: name, origin, startAt }, files, handOver));
  };
  return {
    read,
    positions: records.map(({ position }) => position),
    times: records.map(({ arrivalTime }) => arrivalTime),
  };
}

async function textOf(reader: ShardReader): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const { records, atTip } = await reader.read();
    all.push(...records.map(({ event }) => Buffer.from(event.kinesis.data, 'base64').toString()));
    if (atTip) return all;
  }
}
