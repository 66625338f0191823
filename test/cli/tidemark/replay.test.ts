import path from 'node:path';
import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis';
import { expect, test } from 'vitest';
import { resourcesOfVersion } from '../../../src/cli/tidemark/version-resources.ts';
import type { Row } from '../../../src/sinks/row.ts';
import { dynamoStore } from '../../../src/store/dynamodb.ts';
import { readVersionedTable } from '../../../src/versions/read-versioned-table.ts';
import { readVersions } from '../../../src/versions/versions.ts';
import { type LocalPipeline, localPipeline } from '../../support/local-pipeline.ts';
import { called, calledUntil } from './called.ts';
import { useDeployments } from './deploying.ts';
import { first, second } from './visits.ts';

const MODULE = path.resolve(import.meta.dirname, 'visits.ts');

const { servers, deploy } = useDeployments();

test('a replay leaves old results alone, is swapped for them at once, and is gone on with', async () => {
  const old = await deploy(first);
  const put: Visit[] = [];
  const more = async (from: number): Promise<void> => {
    const lanes = [0, 1].map((lane) => visitsOf(lane, from));
    put.push(...lanes.flat());
    await old.put('visits', lanes);
  };
  await more(0);
  await old.run(60_000);
  const before = await seen(old);
  expect(before).toEqual(recount(put, 60_000, 1));

  // Interrupted, and to a position in the middle of a shard: neither readers nor the old version notice.
  const begin = ['replay', MODULE, '--export', 'second', '--as', 'v2'];
  const shard = 'shardId-000000000000';
  const { Records = [] } = await recordsOf(old, shard);
  const middle = `${shard}:${Records[Math.floor(Records.length / 2)]?.SequenceNumber}`;
  expect(await calledUntil(AbortSignal.abort(), ...begin, '--from', 'trim-horizon')).toMatchObject({
    code: 130,
    err: expect.stringMatching(/error: the replay was interrupted\nThe same command goes on/),
  });
  expect(await called(...begin, '--to', middle)).toMatchObject({ code: 0 });
  const half = await localPipeline(servers(), second, resourcesOfVersion(old.resources, 'v2'));
  expect((await half.rows('per-page')).length).toBeGreaterThan(0);
  expect((await half.rows('per-page')).length).toBeLessThan(before.length);
  expect(await called(...begin, '--to', middle, '--swap')).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /^error: v2 has not fired as far as .*: per-page\nNothing was swapped/,
    ),
  });
  expect(await seen(old)).toEqual(before);

  // The old version goes on meanwhile.
  await more(60_000);
  await old.run(120_000);
  expect(await seen(old)).toEqual(recount(put, 120_000, 1));
  const swapped = await called(...begin, '--swap');
  expect(swapped).toMatchObject({ code: 0 });
  expect(swapped.out.replace(/\d+ records delivered in [\d.]+ s/, 'N')).toBe(
    `visits v2: N
  per-page: fired through 1970-01-01T00:02:00.000Z
swapped: readers take all windows from v2
`,
  );
  expect(await seen(old)).toEqual(recount(put, 120_000, 100));

  // Whoever runs the version from the oldest record on passes over what it has.
  await more(120_000);
  const deployed = await localPipeline(servers(), second, resourcesOfVersion(old.resources, 'v2'));
  await deployed.run(180_000);
  expect(await seen(old)).toEqual(recount(put, 180_000, 100));
  expect(await old.rows('per-page')).toHaveLength(recount(put, 120_000, 1).length);

  const told = await called('positions', MODULE, '--export', 'second', '--of', 'v2', '--json');
  const [{ lanes }] = JSON.parse(told.out).stages;
  expect(lanes.map(({ records }: { records: number }) => records)).toEqual([90, 90]);
}, 120_000);

test.each`
  flags                                               | said
  ${['--as', 'v/2', '--from', 'trim-horizon']}        | ${'a version is named "v/2"'}
  ${['--as', 'v3', '--from', 'noon']}                 | ${"--from is 'noon'"}
  ${['--as', 'v3', '--to', 'trim-horizon']}           | ${"--to is 'trim-horizon'"}
  ${['--as', 'v3']}                                   | ${'there is no version v3 yet'}
  ${['--as', 'v2', '--from', '2026-03-01T12:00:00Z']} | ${'v2 began from trim-horizon'}
  ${[]}                                               | ${"required option '--as <version>' not specified"}
`('refuses $flags: $said', async ({ flags, said }) => {
  const { code, err } = await called('replay', MODULE, '--export', 'second', ...flags);
  expect(err).toContain(said);
  expect(code).toBeGreaterThan(0);
});

async function recordsOf({ resources }: LocalPipeline, ShardId: string) {
  const start = { StreamName: resources.sources.visits?.name, ShardId } as const;
  const { ShardIterator } = await servers().kinesis.send(
    new GetShardIteratorCommand({ ...start, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  return servers().kinesis.send(new GetRecordsCommand({ ShardIterator }));
}

interface Visit {
  readonly at: number;
  readonly page: string;
}

/** Thirty visits of a minute to three pages; the last one closes it. */
const visitsOf = (lane: number, from: number): Visit[] =>
  Array.from({ length: 30 }, (_, n) => ({
    at: from + (n === 29 ? 60_000 : n * 2_000 + lane),
    page: `/${(n + lane) % 3}`,
  }));

/** What the windows that are closed come to, counted plainly. */
function recount(visits: readonly Visit[], through: number, weight: number): string[] {
  const sums = new Map<string, number>();
  for (const { at, page } of visits) {
    const start = Math.floor(at / 10_000) * 10_000;
    const id = `${page}@${start}`;
    if (start + 10_000 <= through) sums.set(id, (sums.get(id) ?? 0) + weight);
  }
  return [...sums].map(([id, sum]) => `${id}=${sum}`).sort();
}

/** The rows that a reader takes, who asks which versions there are. */
async function seen({ resources }: LocalPipeline): Promise<string[]> {
  const { control, state, sinks } = resources;
  const tables = { control, state };
  const store = dynamoStore({ client: servers().dynamodb, tables });
  const versions = await readVersions(store);
  const rows: Row[] = [];
  const sink = { name: String(sinks['per-page']?.name), shape: 'windows' } as const;
  for await (const row of readVersionedTable(servers().dynamodb, sink, versions)) rows.push(row);
  return rows.map(({ key, windowStart, value }) => `${key}@${windowStart}=${value}`).sort();
}
