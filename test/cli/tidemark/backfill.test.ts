import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { archiveBody, archiveName, readArchiveBody } from '../../../src/archive/archive-file.ts';
import { archiveHandler } from '../../../src/archive/handler.ts';
import { resourcesOfVersion } from '../../../src/cli/tidemark/version-resources.ts';
import { startKinesisPoller } from '../../../src/runtime/local/kinesis-poller.ts';
import { kinesisSource } from '../../../src/sources/kinesis.ts';
import { until } from '../../end-to-end/until.ts';
import { workplace } from '../../runtime/batch/workplace.ts';
import { localPipeline } from '../../support/local-pipeline.ts';
import { called } from './called.ts';
import { useDeployments } from './deploying.ts';
import { first } from './visits.ts';

const MODULE = path.resolve(import.meta.dirname, 'visits.ts');
const place = workplace();

const { servers, deploy } = useDeployments();

test('an archive is read first, and the stream from the record after it: none is missing, none comes twice', async () => {
  const deployed = await deploy(first);
  const streamName = String(deployed.resources.sources.visits?.name);
  const source = kinesisSource({ client: servers().kinesis, streamName, now: Date.now });
  const archive = place.path('archive');
  const write = (name: string, body: Uint8Array): void => {
    mkdirSync(path.dirname(path.join(archive, name)), { recursive: true });
    writeFileSync(path.join(archive, name), body);
  };

  // What is archived says so, to tell it from the same records in the stream.
  await deployed.put('visits', [visits('/a', [1, 5, 11, 15]), visits('/a', [2, 6, 12, 16])]);
  await archived({ source, streamName }, async (name, body) => {
    write(
      name,
      archiveBody(
        readArchiveBody(body).map((record) => {
          const text = Buffer.from(record.data).toString().replace('"/a"', '"/archived"');
          return { ...record, data: Buffer.from(text) };
        }),
      ),
    );
  });
  // Shards that the stream does not list any more: of a split of long ago, and of a former stream.
  const former = await source.laneOf('shardId-000000000077');
  for (const [n, lane] of [former, `${streamName}@1000/shardId-000000000000`].entries()) {
    const records = visits('/gone', [3 + n, 13 + n]).map((visit, index) => ({
      ...{ position: String(index + 1), partitionKey: 'k', arrivalTime: 1_000 },
      data: Buffer.from(JSON.stringify(visit)),
    }));
    write(archiveName(lane, records), archiveBody(records));
  }
  await deployed.put('visits', [visits('/b', [17, 21, 30]), visits('/b', [18, 22, 30])]);

  const replay = ['replay', MODULE, '--export', 'first', '--as', 'full', '--json'];
  const files = ['--archive', path.join(archive, '**/*.jsonl.gz')];
  const { code, out } = await called(...replay, '--from', 'trim-horizon', ...files);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ records: 8 + 4 + 6, swapped: false });
  const version = resourcesOfVersion(deployed.resources, 'full');
  const live = await localPipeline(servers(), first, version);
  expect(textOf(await live.rows('per-page'))).toEqual([
    '/archived@0=4',
    '/archived@10000=4',
    '/b@10000=2',
    '/b@20000=2',
    '/gone@0=2',
    '/gone@10000=2',
  ]);

  // Handed over to whoever reads the stream from its oldest record on.
  await deployed.put('visits', [visits('/c', [33, 40]), visits('/c', [34, 40])]);
  await live.run(40_000);
  expect(textOf(await live.rows('per-page')).slice(-3)).toEqual([
    '/c@30000=2',
    '/gone@0=2',
    '/gone@10000=2',
  ]);
  const { stages } = JSON.parse(
    (await called('positions', MODULE, '--export', 'first', '--of', 'full', '--json')).out,
  );
  const records = stages[0].lanes.map((lane: { records: number }) => lane.records);
  expect(records.toSorted()).toEqual([2, 2, 9, 9]);
}, 120_000);

test('a file that is none of an archive is refused', async () => {
  const args = ['replay', MODULE, '--export', 'first', '--as', 'other', '--archive', MODULE];
  expect(await called(...args)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is not named as a file of an archive'),
  });
});

const visits = (page: string, seconds: readonly number[]) =>
  seconds.map((second) => ({ at: second * 1_000, page }));

/** Lets the mapping of a stream call the function that archives it, until all is archived. */
async function archived(
  {
    source,
    streamName,
  }: { readonly source: ReturnType<typeof kinesisSource>; readonly streamName: string },
  put: (name: string, body: Uint8Array) => Promise<void>,
): Promise<void> {
  const poller = startKinesisPoller({
    client: servers().kinesis,
    streamName,
    startingPosition: 'TRIM_HORIZON',
    pollIntervalMs: 10,
    batchSize: 3,
    invoke: archiveHandler({ source, put }),
  });
  await until(() => poller.idle());
  await poller.stop();
}

const textOf = (rows: readonly { key: string; windowStart: number; value: unknown }[]): string[] =>
  rows.map(({ key, windowStart, value }) => `${key}@${windowStart}=${value}`).sort();
