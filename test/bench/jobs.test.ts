import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inputFiles } from '../../bench/input-files.ts';
import { JOBS, jobNamed } from '../../bench/jobs/index.ts';
import type { Job, JobResult } from '../../bench/jobs/job.ts';
import { SCHEMA_KINDS, type SchemaKind } from '../../bench/jobs/schemas.ts';
import { WAYS, type WayName } from '../../bench/ways/index.ts';
import { writeInvocations } from '../../bench/ways/invocations.ts';
import type { Task } from '../../bench/ways/way.ts';
import { startEmbedded } from '../../src/runtime/local/embedded.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-jobs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Kinds of events and their disorder, late ones included. */
const EVENTS = 3_000;

describe.each(JOBS.map((job) => [job.name, job] as const))('%s', (_name, job) => {
  const files = inputFiles(folder, { kind: job.input, events: EVENTS, seed: 3, batch: 250 });

  test('has results', async () => {
    expect((await rowsOf(job, 'loop', files)).length).toBeGreaterThan(0);
  });

  test.each<[WayName, WayName, SchemaKind]>([
    ...SCHEMA_KINDS.map((kind) => ['batch', 'loop', kind] as [WayName, WayName, SchemaKind]),
    ['lambda', 'live', 'fields'],
  ])('%s gives the rows of the %s (%s)', async (way, loop, schema) => {
    expect(await rowsOf(job, way, files, schema)).toEqual(await rowsOf(job, loop, files));
  });
});

test('over a DynamoDB API it gives the rows of the live loop', async () => {
  const files = inputFiles(folder, { kind: 'clicks', events: EVENTS, seed: 3, batch: 250 });
  const embedded = await startEmbedded();
  try {
    const place = { ...files, endpoint: embedded.dynamodbEndpoint };
    const job = jobNamed('J2');
    expect(await rowsOf(job, 'dynamodb', place)).toEqual(await rowsOf(job, 'live', files));
  } finally {
    await embedded.stop();
  }
});

const PEERS =
  process.env.TIDEMARK_PEERS ?? path.resolve(import.meta.dirname, '../../../shared/peers');

interface Canonical {
  readonly job: string;
  readonly input: string;
  readonly inputMd5: string;
  readonly policy: 'all' | 'drop';
  readonly md5: string;
}

/** Inputs of ten thousand events, with the arguments of their generators. */
const PEER_INPUTS: Readonly<Record<string, readonly string[]>> = {
  'nexmark-10k': ['gen-nexmark.mjs', '--events', '10000', '--seed', '7', '--rate', '50'],
  'clicks-10k': [
    'gen-clicks.mjs',
    '--events',
    '10000',
    '--seed',
    '7',
    '--rate',
    '1',
    '--late',
    '0.01',
  ],
};

describe('results that other engines agree on', () => {
  const all = canonical();
  if (all.length === 0) test.skip('they are not here', () => {});
  test.each(all.map((one) => [one.job, one.input, one.policy, one] as const))(
    '%s over %s, late events: %s',
    async (name, input, policy, { inputMd5, md5 }) => {
      const lines = peerInput(input);
      expect(md5Of(readFileSync(lines))).toBe(inputMd5);
      const files = { input: lines, invocations: `${lines}-invocations` };
      if (policy === 'drop') writeInvocations(lines, files.invocations, 1_000);
      const rows = await rowsOf(jobNamed(name), policy === 'all' ? 'batch' : 'lambda', files);
      expect(md5Of(rows.map((row) => `${row}\n`).join(''))).toBe(md5);
    },
  );
});

/** J5b has an idea of its own of what is late; over this input it makes no difference. */
function canonical(): Canonical[] {
  const file = path.join(PEERS, 'canonical', 'index.json');
  if (!existsSync(file)) {
    console.warn(`skipped: there are no results of other engines at ${PEERS} (TIDEMARK_PEERS)`);
    return [];
  }
  const all = JSON.parse(readFileSync(file, 'utf8')) as Canonical[];
  return all.filter(({ input }) => input in PEER_INPUTS);
}

function peerInput(name: string): string {
  const file = path.join(folder, `peer-${name}.jsonl`);
  if (existsSync(file)) return file;
  const [script = '', ...args] = PEER_INPUTS[name] ?? [];
  const call = [path.join(PEERS, 'gen', script), ...args];
  execFileSync(process.execPath, call, { stdio: ['ignore', openSync(file, 'w'), 'inherit'] });
  return file;
}

const md5Of = (text: string | Uint8Array): string => createHash('md5').update(text).digest('hex');

let runs = 0;

/** The rows of a job, sorted. */
async function rowsOf(
  job: Job,
  way: WayName,
  files: Pick<Task, 'input' | 'invocations' | 'endpoint'>,
  schema: SchemaKind = 'fields',
): Promise<string[]> {
  const own = path.join(folder, `run-${runs++}`);
  mkdirSync(own);
  const file = await WAYS[way]({ job, schema, ...files, folder: own });
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  if (way === 'loop' || way === 'live') return lines.sort();
  return lines
    .flatMap((line) => job.rows(JSON.parse(line) as JobResult))
    .map((row) => JSON.stringify(row))
    .sort();
}
