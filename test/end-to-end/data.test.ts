import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseDuration } from '../../src/cli/start/duration.ts';
import { type PlainCount, plainCount, windowId } from './plain-count.ts';
import { startToEnd, temporaryFolder } from './start-process.ts';

const FOLDER =
  process.env.TIDEMARK_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const ENDING = '.jsonl.gz';
const isThere = existsSync(FOLDER);

/** How a file is played. */
interface Playing {
  readonly action: string;
  readonly window: string;
  readonly outOfOrderness: string;
  /** Some events come later than that; otherwise the result is what the file says. */
  readonly hasLate?: true;
  /** Busy and in order: what the engine writes for itself is below 5 % of one write an event. */
  readonly isCheap?: true;
  /** Too many events for the embedded servers in a common run. */
  readonly isLarge?: true;
}

const LOG: Playing = { action: 'view', window: '5m', outOfOrderness: '30s' };
const SHOP: Playing = { action: 'purchase', window: '7d', outOfOrderness: '30s' };

// Windows are wide where pages are many: rows are what takes the embedded servers long.
const PLAYINGS: Readonly<Record<string, Playing>> = {
  nasa_1995_07_01: { ...LOG, isCheap: true },
  nasa_1995_08_01: { ...LOG, isCheap: true },
  apache_semicomplete_2015: { ...LOG, outOfOrderness: '1m' },
  otto_sample: { action: 'click', window: '1h', outOfOrderness: '0ms' },
  wikipedia_edits_2015_09_12: { action: 'edit', window: '1h', outOfOrderness: '30s' },
  online_retail_2010_12: SHOP,
  online_retail_carts_2010_12: { ...SHOP, window: '1d' },
  online_retail_full: { ...SHOP, isLarge: true },
  taxi_trips_2019_03: { action: 'trip', window: '1h', outOfOrderness: '30m', hasLate: true },
  flights_2013_01: { action: 'departure', window: '1d', outOfOrderness: '2h', hasLate: true },
  earthquakes_2018_02: {
    action: 'earthquake',
    window: '1d',
    outOfOrderness: '1d',
    hasLate: true,
  },
};

const MINUTES_MS = 60_000;
/** 5 % of one write for each event. */
const UNITS_A_MILLION_MAX = 50_000;

for (const [name, playing] of Object.entries(PLAYINGS)) {
  const file = join(FOLDER, name + ENDING);
  const leftOut = reasonToLeaveOut(file, playing);
  if (leftOut !== undefined && isThere) console.info(`skipped: ${name}: ${leftOut}`);

  test.skipIf(leftOut !== undefined)(
    `${name}: each ${playing.action} is counted in its ${playing.window}, or late`,
    { timeout: (playing.isLarge ? 60 : 5) * MINUTES_MS },
    async () => {
      const summary = await played(file, playing);
      const windowMs = parseDuration(playing.window) ?? 0;
      const plain = await plainCount(file, { action: playing.action, windowMs });
      expectTotals(summary, plain, playing.action);
      if (playing.hasLate) expectPartOf(summary, plain);
      else expectAll(summary, plain);
      if (playing.isCheap) expectFewWrites(summary);
    },
  );
}

if (isThere) {
  for (const file of readdirSync(FOLDER).filter((file) => file.endsWith(ENDING))) {
    if (file.slice(0, -ENDING.length) in PLAYINGS) continue;
    console.info(`skipped: ${file}: nothing says which of its actions to count`);
  }
} else {
  console.info('skipped: no data folder beside the project, and none in TIDEMARK_DATA');
}

function reasonToLeaveOut(file: string, { isLarge }: Playing): string | undefined {
  if (!existsSync(file)) return 'it is not in the data folder';
  if (isLarge && process.env.TIDEMARK_DATA_FULL !== '1') {
    return 'it takes long; TIDEMARK_DATA_FULL=1 plays it too';
  }
  return undefined;
}

/** As much of the summary in JSON as is looked at here. */
interface SummaryFile {
  readonly ok: boolean;
  readonly records: number;
  readonly counted: number;
  readonly late: number;
  readonly deadLettered: number;
  readonly filtered: number;
  readonly windows: readonly {
    readonly key: string;
    readonly windowStart: number;
    readonly windowEnd: number;
    readonly value: number;
  }[];
  readonly writeUnits: {
    readonly segments: number;
    readonly control: number;
    readonly perMillionEvents: { readonly shuffleAndControl: number };
  };
  readonly differences: readonly string[];
}

async function played(file: string, playing: Playing): Promise<SummaryFile> {
  const { action, window, outOfOrderness } = playing;
  const json = join(await temporaryFolder(), 'summary.json');
  const flags = [
    ...['--input', file, '--filter-action', action, '--window', window],
    ...['--out-of-orderness', outOfOrderness, '--speed', 'max', '--exit', '--json', json],
  ];
  const { code, stderr } = await startToEnd(flags);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const summary = JSON.parse(await readFile(json, 'utf8')) as SummaryFile;
  expect(summary).toMatchObject({ ok: true, differences: [] });
  return summary;
}

/** Every line is somewhere, and only events of the action can be counted or late. */
function expectTotals(summary: SummaryFile, plain: PlainCount, action: string): void {
  const { records, counted, late, deadLettered, filtered } = summary;
  expect(records).toBe(plain.lines);
  expect(deadLettered).toBe(0);
  expect(counted + late).toBe(plain.actions.get(action));
  expect(counted + late + filtered).toBe(plain.lines);
}

function expectAll(summary: SummaryFile, plain: PlainCount): void {
  expect(summary.late).toBe(0);
  expect(valuesOf(summary)).toEqual(plain.windows);
}

function expectFewWrites({ writeUnits }: SummaryFile): void {
  expect(writeUnits.segments).toBeGreaterThan(0);
  expect(writeUnits.control).toBeGreaterThan(0);
  const { shuffleAndControl } = writeUnits.perMillionEvents;
  expect(shuffleAndControl).toBeGreaterThan(0);
  expect(shuffleAndControl).toBeLessThan(UNITS_A_MILLION_MAX);
}

/** Late events are missing, and nothing else. */
function expectPartOf(summary: SummaryFile, plain: PlainCount): void {
  expect(summary.late).toBeGreaterThan(0);
  const values = valuesOf(summary);
  const missing = [...plain.windows].map(([id, value]) => value - (values.get(id) ?? 0));
  expect(Math.min(...missing)).toBeGreaterThanOrEqual(0);
  expect(missing.reduce((sum, one) => sum + one, 0)).toBe(summary.late);
  expect([...values.keys()].filter((id) => !plain.windows.has(id))).toEqual([]);
}

function valuesOf({ windows }: SummaryFile): ReadonlyMap<string, number> {
  const values = windows.map(
    ({ windowStart, key, value }) => [windowId(windowStart, key), value] as const,
  );
  expect(new Set(values.map(([id]) => id)).size).toBe(values.length);
  return new Map(values);
}
