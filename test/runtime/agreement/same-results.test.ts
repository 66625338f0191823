import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTES } from '../../../src/index.ts';
import { type LocalServers, startServers } from '../../support/local-pipeline.ts';
import { sharedData } from '../../support/shared-data.ts';
import { workplace } from '../batch/workplace.ts';
import { type RealEvent, schema } from './events.ts';
import { PIPELINES, type Pipeline, type Read } from './pipelines.ts';
import { inBatch, inDriver, inLocal, type Ran } from './runners.ts';

/** One pipeline, real events, three runtimes: all of them give what a plain recount gives. */
const data = sharedData();
const place = workplace();

let servers: LocalServers | undefined;
beforeAll(async () => {
  if (data !== undefined) servers = await startServers();
});
afterAll(() => servers?.stop());

/** Thousands of sessions are as many states to write. */
const TIMEOUT_MS = 4 * MINUTES;

const RUNTIMES: readonly [name: string, run: (pipeline: Pipeline, read: Read) => Promise<Ran>][] = [
  ['in batch', ({ plan }, read) => inBatch(plan(), read, place)],
  ['in the test driver', ({ plan }, read) => inDriver(plan(), read)],
  [
    'on the local runtime',
    ({ plan }, read) => {
      if (servers === undefined) throw new Error('the servers are not up');
      return inLocal(plan(), read, servers);
    },
  ],
];

describe.skipIf(data === undefined).each(PIPELINES)('$name', (pipeline) => {
  const read = (): Read =>
    Object.fromEntries(
      Object.entries(pipeline.reads).map(([stream, [dataset, events]]) => [
        stream,
        beginningOf(dataset, events),
      ]),
    );

  test.each(RUNTIMES)(
    '%s',
    async (_, run) => {
      const events = read();
      const expected = pipeline.recount(events);
      for (const rows of Object.values(expected)) expect(rows.length).toBeGreaterThan(0);
      expect(inOrder(await run(pipeline, events))).toEqual(inOrder(expected));
    },
    TIMEOUT_MS,
  );
});

const inOrder = (tables: Ran): Ran =>
  Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, [...rows].sort()]));

function beginningOf(dataset: string, events: number): RealEvent[] {
  const text = gunzipSync(readFileSync(data?.file(dataset) ?? '')).toString();
  const lines = text.split('\n').slice(0, events);
  return lines.filter((line) => line !== '').map((line) => schema.parse(JSON.parse(line)));
}
