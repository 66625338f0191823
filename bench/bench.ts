import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startEmbedded } from 'tidemark/local';
import { bundleChild, runChild } from './child-process.ts';
import { inputFiles } from './input-files.ts';
import { jobNamed } from './jobs/index.ts';
import type { ChildCall, Measured } from './measured.ts';
import type { BenchOptions } from './options.ts';
import { type Line, linesOf } from './report.ts';
import { interleaved } from './rounds.ts';
import type { WayName } from './ways/index.ts';

/** Inputs are made once. */
const INPUTS = path.join(os.tmpdir(), 'tidemark-bench');
/** Enough for a compiler to have seen everything. */
const WARM_UP_EVENTS = 20_000;
const DYNAMODB_SHARE = 50;
const DYNAMODB_EVENTS_MAX = 4_000;

/** How many events a way gets: DynamoDB API servers of one's own are slow. */
export const eventsFor = (way: WayName, events: number): number =>
  way === 'dynamodb' ? Math.min(Math.ceil(events / DYNAMODB_SHARE), DYNAMODB_EVENTS_MAX) : events;

/** Measures all jobs that are asked for, and hands on what came out of each. */
export async function bench(
  options: BenchOptions,
  told: (job: string, lines: readonly Line[]) => void,
): Promise<void> {
  const child = await bundleChild('child');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidemark-bench-'));
  const embedded = options.ways.includes('dynamodb') ? await startEmbedded() : undefined;
  const endpoint = embedded?.dynamodbEndpoint;
  try {
    for (const job of options.only) {
      const call = (way: WayName) => callOf(options, { job, way, folder, endpoint });
      const rounds = await interleaved(waysOf(options), options.rounds, (way) =>
        runChild<Measured>(child, call(way)),
      );
      told(
        job,
        linesOf(job, rounds, (way) => eventsFor(way, options.events)),
      );
    }
  } finally {
    await embedded?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The loop is always among them: it is what the rest is measured by. `live` is what a handler's rows are compared with. */
const waysOf = ({ ways }: BenchOptions): WayName[] => [
  ...new Set<WayName>(['loop', ...(ways.includes('lambda') ? ['live' as const] : []), ...ways]),
];

/** Leaves a profile of each way of a job in a folder, whose name it returns. */
export async function profile(options: BenchOptions, job: string): Promise<string> {
  const child = await bundleChild('child');
  const cpuProfile = path.resolve('bench-profiles', job);
  mkdirSync(cpuProfile, { recursive: true });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidemark-bench-'));
  for (const way of waysOf(options).filter((one) => one !== 'dynamodb')) {
    const call = callOf(options, { job, way, folder, endpoint: undefined });
    await runChild(child, call, { cpuProfile: path.join(cpuProfile, way) });
  }
  rmSync(folder, { recursive: true, force: true });
  return cpuProfile;
}

interface Called extends Pick<ChildCall, 'job' | 'way' | 'folder'> {
  readonly endpoint: string | undefined;
}

function callOf(options: BenchOptions, { endpoint, ...called }: Called): ChildCall {
  const { schema, seed, batch } = options;
  const kind = jobNamed(called.job).input;
  const events = eventsFor(called.way, options.events);
  const warmUp = Math.min(WARM_UP_EVENTS, Math.ceil(events / 2));
  return {
    ...called,
    schema,
    warmUp: inputFiles(INPUTS, { kind, events: warmUp, seed, batch }),
    measured: inputFiles(INPUTS, { kind, events, seed, batch }),
    ...(endpoint && { endpoint }),
  };
}
