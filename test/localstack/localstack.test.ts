import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UpReport } from '../../src/cli/localstack/report.ts';
import { whoAnswers } from '../../src/cli/localstack/server.ts';
import { findHostTools, hasDocker } from '../../src/cli/localstack/tools.ts';
import { freePort } from '../support/free-port.ts';
import {
  archived,
  deadLetters,
  invoke,
  plainCount,
  readShards,
  resultRows,
  type Shards,
} from './outside.ts';

const MINUTES = 60_000;
const ROOT = path.resolve(import.meta.dirname, '../..');
const EVENTS = 2_000;
const MORE = 1_000;

const missing = (await hasDocker(process.env)) ? [] : (await findHostTools(process.env)).missing;
if (missing.length > 0) console.info(`skipped: LocalStack needs Docker, or ${missing.join(', ')}`);

/** Real requests where there are any; else the clickstream of the repository's own generator. */
const REAL = path.join(
  process.env.TIDEMARK_DATA ?? path.resolve(ROOT, '../shared/data'),
  'nasa_1995_07_01.jsonl.gz',
);
const isReal = existsSync(REAL);
if (!isReal) console.info(`there is no ${REAL} (TIDEMARK_DATA): the sample is generated`);
const SAMPLE = isReal ? ['--input', REAL, '--action', 'view'] : [];

describe.skipIf(missing.length > 0)('the reference deployment on LocalStack', () => {
  let folder = '';
  let port = '';
  let first: Ended;
  let report: UpReport;
  let shards: Shards;
  const before = temporaryFiles();
  const synthesized = lastSynthesized();

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-localstack-'));
    port = String(await freePort());
    const json = path.join(folder, 'report.json');
    mkdirSync(path.join(folder, 'tmp'));
    process.env.TMPDIR = path.join(folder, 'tmp');
    first = await npmRun('localstack', '--port', port, ...SAMPLE, '--json', json);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    report = JSON.parse(readFileSync(json, 'utf8')) as UpReport;
    shards = await readShards(report);
  }, 20 * MINUTES);

  afterAll(async () => {
    await npmRun('localstack:down', '--port', port);
    rmSync(folder, { recursive: true, force: true });
  }, 2 * MINUTES);

  test('counts the clicks of two shards with deployed functions, through deployed triggers', () => {
    const [trial] = report.trials;
    expect(trial).toMatchObject({ ok: true, comparison: { total: 0 }, givenUp: 0 });
    // One more in each shard closes the windows.
    expect(trial?.records).toBe(EVENTS + 2);
    expect(trial).toMatchObject({ before: 0, sent: EVENTS + 2 });
    expect(first.stdout).toContain(`${(EVENTS + 2).toLocaleString('en')} records sent = `);
    expect(trial?.counted).toBeGreaterThan(500);
    expect(trial?.windows.length).toBeGreaterThan(100);
    expect(trial?.invocations.gather).toBeGreaterThanOrEqual(2);
    expect(trial?.invocations.fire).toBeGreaterThanOrEqual(1);
  });

  test('goes on when a shard was split', () => {
    const parents = shards.filter(({ shardId }) => shards.some(({ parent }) => parent === shardId));
    const children = shards.filter(({ parent }) => parent !== undefined);
    expect(parents).toHaveLength(1);
    expect(children).toHaveLength(2);
    for (const { records } of [...parents, ...children]) expect(records.length).toBeGreaterThan(50);
    const trial = report.trials[1];
    expect(trial).toMatchObject({ ok: true, comparison: { total: 0 }, givenUp: 0 });
    // The broken one, and one to close in each of now three shards.
    expect(trial).toMatchObject({ before: EVENTS + 2, sent: MORE + 1 + 3 });
    const accounts = report.trials.map(({ before, sent, counted, filtered, late, dead }) => {
      return [before + sent, counted + filtered + late + dead];
    });
    expect(accounts).toEqual([
      [EVENTS + 2, EVENTS + 2],
      [EVENTS + 2 + MORE + 4, EVENTS + 2 + MORE + 4],
    ]);
  });

  test('has in its tables what a group-by of the stream says, but for late events', async () => {
    const rows = await resultRows(report);
    const plain = plainCount(shards.flatMap(({ records }) => records));
    const late = report.trials.at(-1)?.late ?? Number.NaN;
    if (isReal) expect(late).toBe(0);
    const differences = [...plain].map(([id, value]) => value - (rows.get(id) ?? 0));
    expect(Math.min(...differences)).toBe(0);
    expect(differences.reduce((sum, one) => sum + one, 0)).toBe(late);
    expect([...rows.keys()].filter((id) => !plain.has(id))).toEqual([]);
    expect(rows.size).toBe(report.trials.at(-1)?.windows.length);
  });

  test('sets a broken record aside, with the reason', async () => {
    const broken = (await deadLetters(report)).filter(({ data }) => data.startsWith(BROKEN));
    expect(broken).toEqual([{ reason: 'NOT_JSON', data: expect.stringMatching(/\d+$/) }]);
  });

  test('has a dashboard of each pipeline, and says what LocalStack has not', () => {
    for (const name of ['Clickstream', 'Cart']) {
      expect(report.dashboards).toContainEqual(expect.stringMatching(`^tidemark-dev-${name}`));
    }
    expect(report.stack.pretended).toEqual(['AWS::Budgets::Budget']);
    expect(first.stdout).toContain('LocalStack never runs it');
  });

  test('can be told to run again', { timeout: 10 * MINUTES }, async () => {
    const json = path.join(folder, 'again.json');
    const flags = ['--events', '300', '--no-split', ...SAMPLE, '--json', json];
    const again = await npmRun('localstack', '--port', port, ...flags);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('LocalStack runs at');
    const [trial] = (JSON.parse(readFileSync(json, 'utf8')) as UpReport).trials;
    const before = report.trials.at(-1);
    expect(trial?.records).toBe((before?.records ?? 0) + 300 + 3);
    expect(trial).toMatchObject({ before: before?.records, sent: 300 + 3 });
    // The sample follows what was sent before, and is not late.
    expect(trial?.counted).toBeGreaterThan((before?.counted ?? 0) + 50);
  });

  test('ticks by hand', async () => {
    expect(await invoke(report, report.stack.fire, { tidemark: 'tick' })).toEqual({
      batchItemFailures: [],
    });
  });

  test(
    'keeps its stream as files in S3, from which each record comes back',
    async () => {
      const kept = await archived(report);
      const there = await readShards(report);
      expect(there.map(({ shardId, records }) => [shardId, records])).toEqual(
        there.map(({ shardId }) => [shardId, kept.get(shardId) ?? []]),
      );
    },
    2 * MINUTES,
  );

  test('leaves nothing when it is stopped', { timeout: 2 * MINUTES }, async () => {
    const down = await npmRun('localstack:down', '--port', port);
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(report.place.run)).toBe(false);
    // But for what tsx has compiled, which the next run goes by.
    expect(readdirSync(tmpdir()).filter((name) => !name.startsWith('tsx-'))).toEqual([]);
    expect(temporaryFiles()).toEqual(before);
    expect(lastSynthesized()).toBe(synthesized);
    expect(await whoAnswers(report.place)).toBe('nobody');
    const left = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });
    expect(left.split('\n').filter((args) => args.includes(report.place.run))).toEqual([]);
    expect(
      execFileSync('git', ['status', '--porcelain', 'localstack'], { cwd: ROOT }),
    ).toHaveLength(0);
    // Nothing to stop is no failure.
    expect(await npmRun('localstack:down', '--port', port)).toMatchObject({ code: 0 });
  });
});

/** In the repository, where somebody else may be at it. */
function lastSynthesized(): number | undefined {
  return statSync(path.join(ROOT, 'cdk.out'), { throwIfNoEntry: false })?.mtimeMs;
}

/** What Java leaves, which does not ask where temporary files belong. */
const temporaryFiles = (): string[] =>
  readdirSync('/tmp').filter((name) => name.endsWith('-libsqlite4java.so'));

const BROKEN = '{"action":"click","at":';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a user calls it; what it says is passed on, because it takes long. */
function npmRun(script: string, ...flags: string[]): Promise<Ended> {
  const child = spawn('npm', ['run', '--silent', script, '--', ...flags], {
    cwd: ROOT,
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(VITEST|AWS_)/.test(name)),
    ),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
    process.stdout.write(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // npm's own, about the settings of whoever runs it.
    if (!text.startsWith('npm warn')) said.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
  });
}
