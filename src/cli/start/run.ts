import { writeFileSync } from 'node:fs';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { ClickstreamSettings } from '../../../functions/clickstream/pipeline.ts';
import { type FunctionProcess, functionProcess } from '../../runtime/local/function-process.ts';
import { type LocalRuntime, startLocalRuntime } from '../../runtime/local/local-runtime.ts';
import { seeded } from '../../seeded.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import { clients, type Deployment, deploy } from './deployment.ts';
import {
  type FunctionMessage,
  type FunctionSettings,
  SETTINGS_VARIABLE,
} from './function-settings.ts';
import { fileItems } from './input.ts';
import { type Job, jobOf } from './job.ts';
import { kinesisPut } from './kinesis-put.ts';
import type { StartOptions } from './options.ts';
import { type PlayCounts, play } from './player.ts';
import { settle } from './progress.ts';
import { Show } from './show.ts';
import { summarise } from './summarise.ts';
import { isOk, summaryJson, summaryText } from './summary.ts';
import { traffic } from './traffic.ts';
import { welcomeText } from './welcome.ts';

/** What a run is told from outside; time is wall time in ms. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly screen: typeof process.stdout;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

const INTERRUPTED_EXIT_CODE = 130;
const TICK_EVERY_MS = 10_000;
const BATCHING_WINDOW_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * The main job: makes a stream and tables, plays events into the stream, runs the pipeline as Lambda
 * would, and shows what happens. Resolves with the exit code.
 */
export async function run(options: StartOptions, surroundings: Surroundings): Promise<number> {
  const { signal } = surroundings;
  const job = await jobOf(options);
  const deployment = await deploy(options, surroundings.env, surroundings.now);
  if (!options.exit) surroundings.screen.write(`${welcomeText(options, deployment, job)}\n`);
  const show = new Show(job.title, deployment.tables, surroundings);
  const sandbox = startFunction(deployment, job.pipeline, show);
  const runtime = startRuntime(job, options, deployment, sandbox, show);
  try {
    const played = await playAll(job, options, deployment, show, surroundings);
    const closed = job.ends && (await closeAll(job, played, deployment, runtime, show, signal));
    show.end();
    const staysUp = !options.exit && !signal.aborted;
    const { writeUnits } = show;
    const summary = await summarise({ options, job, deployment, writeUnits, closed, staysUp });
    surroundings.screen.write(`\n${summaryText(summary)}`);
    if (options.json !== undefined) writeFileSync(options.json, summaryJson(summary));
    if (options.exit) return closed ? Number(!isOk(summary)) : INTERRUPTED_EXIT_CODE;
    await untilAborted(signal);
    return 0;
  } finally {
    show.end();
    await runtime.stop();
    await sandbox.stop();
    await deployment.stop();
  }
}

function startFunction(
  { connection, streamName, tables }: Deployment,
  pipeline: ClickstreamSettings,
  show: Show,
): FunctionProcess {
  const settings: FunctionSettings = { connection, streamName, tables, pipeline };
  const sandbox = functionProcess({
    module: new URL('./function.ts', import.meta.url),
    env: { [SETTINGS_VARIABLE]: JSON.stringify(settings) },
  });
  sandbox.onMessage((message) => show.heard(message as FunctionMessage));
  return sandbox;
}

function startRuntime(
  { plan, ends }: Job,
  { batchSize }: StartOptions,
  { connection, streamName, tables }: Deployment,
  sandbox: FunctionProcess,
  show: Show,
): LocalRuntime {
  const { kinesis, dynamodb } = clients(connection);
  return startLocalRuntime({
    plan,
    kinesis,
    dynamodb,
    streams: { clicks: streamName },
    controlTable: tables.control,
    invoke: sandbox.invoke,
    batchSize,
    batchingWindowMs: BATCHING_WINDOW_MS,
    tickEveryMs: ends ? 0 : TICK_EVERY_MS,
    onError: (error) => show.failed(error),
  });
}

/** So far back, the present is not reached before a run of the default length is over. */
const STARTED_BEFORE_MS = 120 * MINUTE_MS;

async function playAll(
  { ends }: Job,
  options: StartOptions,
  { connection, streamName }: Deployment,
  show: Show,
  { now, signal }: Surroundings,
): Promise<PlayCounts> {
  const { kinesis } = clients(connection);
  const random = seeded(options.seed);
  const startTime = now() - STARTED_BEFORE_MS;
  const items =
    options.input === undefined
      ? traffic({ random, startTime, events: options.events })
      : fileItems(options.input);
  try {
    return await play({
      items,
      putRecords: kinesisPut(kinesis, streamName),
      speed: options.speed,
      live: !ends,
      now,
      sleep: async (ms, until) => void (await sleepFor(ms, undefined, { signal: until })),
      random: seeded(options.seed + 1),
      signal,
      onProgress: ({ records }) => show.put(records),
    });
  } finally {
    kinesis.destroy();
  }
}

async function closeAll(
  { stage }: Job,
  { complete, records }: PlayCounts,
  { connection, tables }: Deployment,
  runtime: LocalRuntime,
  show: Show,
  signal: AbortSignal,
): Promise<boolean> {
  if (!complete) return false;
  const { dynamodb: client } = clients(connection);
  return settle({
    store: dynamoStore({ client, tables }),
    stage,
    records,
    tick: () => runtime.tick().catch((error: unknown) => show.failed(error)),
    sleep: async (ms) => void (await sleepFor(ms)),
    signal,
  });
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    // A timer, because a signal alone does not keep the process alive.
    const alive = setInterval(() => undefined, MINUTE_MS);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
