import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runBatch } from '../../../src/runtime/batch/index.ts';
import { openRun } from '../../../src/store/spilling/run-file.ts';
import {
  bidsPerWindow,
  hotItemsPlan,
  hotOf,
  hottestOf,
  someBids,
} from '../../support/hot-items.ts';
import { child, KILLS_MS } from './child.ts';
import { linesOf, resultsOf, workplace } from './workplace.ts';

const place = workplace();

interface Row {
  readonly key: string;
  readonly windowEnd: number;
  readonly value: unknown;
}

test('a chain over several files tells what a plain recount says, of both stages', async () => {
  const lanes = [1, 2, 3].map((seed) => someBids(seed, 500));
  const output = place.output();
  const inputs = { bids: lanes.map((lane) => place.lane(lane)) };
  const { summary } = await runBatch(hotItemsPlan(), { inputs, output });
  const all = lanes.flat();
  const hot = resultsOf(output, 'hot.jsonl') as Row[];
  expect(hot.map(hotOf)).toEqual(hottestOf(all));
  const counts = (resultsOf(output, 'counts.jsonl') as Row[]).map(
    ({ key, windowEnd, value }) => `${windowEnd} ${key} ${value}`,
  );
  const expected = [...bidsPerWindow(all)].flatMap(([end, window]) =>
    [...window].map(([auction, count]) => `${end} ${auction} ${count}`),
  );
  expect(counts.sort()).toEqual(expected.sort());
  // Only what reads streams has lines to account for.
  expect(Object.keys(summary.stages)).toEqual(['bids-per-auction']);
  expect(summary.stages['bids-per-auction']).toMatchObject({ records: 1_500, late: 0 });
});

test('a chain that is killed in each of its stages leaves the same bytes as one that is not', {
  timeout: KILLS_MS,
}, () => {
  const files = [1, 2].map((seed) => place.write(someBids(seed, 2_000)));
  const [undisturbed, killed] = [place.output(), place.output()];
  expect(child('hot', undisturbed, '', files)).toMatchObject({ status: 0, stdout: 'begun' });

  // In the middle of the last bucket of the first stage, and of each of the second.
  const [last, third, fourth] = [
    'bids-per-auction#bucket#1',
    'hottest#bucket#0',
    'hottest#bucket#1',
  ];
  for (const [bucket, name] of [last, third, fourth].entries()) {
    const kill = `in:${bucket + 1}`;
    expect(child('hot', killed, kill, files)).toMatchObject({ signal: 'SIGKILL' });
    expect(howFar(killed, name)).toBe('begun');
    if (name === last) expect(howFar(killed, third)).toBe('untouched');
  }
  expect(child('hot', killed, '', files)).toMatchObject({ status: 0, stdout: 'resumed' });
  for (const file of ['counts.jsonl', 'hot.jsonl', 'dead-letters.jsonl', 'summary.json']) {
    expect(linesOf(killed, file)).toEqual(linesOf(undisturbed, file));
  }
  expect(linesOf(killed, 'hot.jsonl').length).toBeGreaterThan(100);
});

/** How far a bucket was at the last checkpoint of an unfinished run. */
function howFar(output: string, bucket: string): 'untouched' | 'begun' | 'done' {
  const folder = path.join(output, '.tidemark');
  const checkpoint = JSON.parse(readFileSync(path.join(folder, 'checkpoint.json'), 'utf8'));
  const run = openRun(path.join(folder, checkpoint.control));
  const item = run.get({ pk: bucket, sk: 'fire' });
  run.close();
  if (item?.firedThrough === undefined) return 'untouched';
  return Number(item.firedThrough) < Number(item.target) ? 'begun' : 'done';
}
