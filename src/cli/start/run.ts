import { writeFileSync } from 'node:fs';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { LocalRuntime } from '../../runtime/local/local-runtime.ts';
import { seeded } from '../../seeded.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import { clients, type Deployment, deploy } from './deployment.ts';
import { heldBack } from './held-back.ts';
import { fileItems } from './input.ts';
import { type Job, jobOf } from './job.ts';
import { type OpenConsole, openConsole } from './open-console.ts';
import type { StartOptions } from './options.ts';
import { placesOf } from './places.ts';
import { play } from './player.ts';
import { CLICKS, Producer } from './producer.ts';
import { settle } from './progress.ts';
import { startRunning, startSandbox } from './running.ts';
import { shop } from './shop.ts';
import { Show } from './show.ts';
import { summarise } from './summarise.ts';
import { isOk, summaryJson, summaryText } from './summary.ts';
import type { Surroundings } from './surroundings.ts';
import { Tempo } from './tempo.ts';
import { traffic } from './traffic.ts';
import { welcomeText } from './welcome.ts';

const INTERRUPTED_EXIT_CODE = 130;
const TICK_EVERY_MS = 10_000;
const BATCHING_WINDOW_MS = 1_000;
const WATCHED_POLL_MS = 250;
const MINUTE_MS = 60_000;

/** One run, and what belongs to it. */
interface Run {
  readonly options: StartOptions;
  readonly job: Job;
  readonly deployment: Deployment;
  readonly show: Show;
  readonly tempo: Tempo;
  /** The page, and the pipelines that run beside the clickstream for it. */
  readonly page: OpenConsole | undefined;
  readonly surroundings: Surroundings;
}

/**
 * The main job: makes a stream and tables, plays events into the stream, runs the pipeline as Lambda
 * would, and shows what happens. Resolves with the exit code.
 */
export async function run(options: StartOptions, surroundings: Surroundings): Promise<number> {
  const { screen } = surroundings;
  const job = await jobOf(options);
  const deployment = await deploy(options, surroundings.env, surroundings.now);
  const tempo = new Tempo(options.speed);
  const page = options.console
    ? await openConsole({ options, console: options.console, job, deployment, tempo, surroundings })
    : undefined;
  if (!options.exit) screen.write(`${welcomeText(options, deployment, job, page?.url)}\n`);
  else if (page) screen.write(`Watch it at ${page.url}\n`);
  const show = new Show(job.title, deployment.tables, surroundings);
  const all = { options, job, deployment, show, tempo, page, surroundings };
  const { sandbox, runtime } = startClickstream(all);
  page?.start(sandbox);
  try {
    return await playAndTell(all, runtime);
  } finally {
    show.end();
    // All is told: what is in flight ends with its process, and requests with the servers that they wait for.
    await Promise.all([page?.stop(), runtime.stop(), sandbox.stop(), deployment.stop()]);
  }
}

async function playAndTell(run: Run, runtime: LocalRuntime): Promise<number> {
  const { options, job, deployment, show, surroundings } = run;
  const { screen, signal } = surroundings;
  const { complete, producer } = await playAll(run);
  const closed = job.ends && complete && (await closeAll(run, runtime, producer));
  run.page?.end();
  show.end();
  const staysUp = !options.exit && !signal.aborted;
  const { writeUnits } = show;
  const summary = await summarise({ options, job, deployment, writeUnits, closed, staysUp });
  screen.write(`\n${summaryText(summary)}`);
  if (options.json !== undefined) writeFileSync(options.json, summaryJson(summary));
  if (options.exit) return closed ? Number(!isOk(summary)) : INTERRUPTED_EXIT_CODE;
  await untilAborted(signal);
  return 0;
}

function startClickstream({ job, options, deployment, show, page }: Run) {
  const { connection } = deployment;
  const watched = page?.of('clickstream');
  const hosted = {
    choice: { name: 'clickstream' as const, settings: job.pipeline },
    places: placesOf(deployment),
  };
  const settings = { connection, hosted: [hosted], isWatched: page !== undefined };
  const sandbox = startSandbox(settings, ({ message }) => {
    show.heard(message);
    watched?.heard(message);
  });
  const runtime = startRunning({
    ...hosted,
    connection,
    invoke: sandbox.invoke,
    batchSize: options.batchSize,
    batchingWindowMs: BATCHING_WINDOW_MS,
    tickEveryMs: job.ends ? 0 : TICK_EVERY_MS,
    onError: (error) => show.failed(error),
    // Who watches sees no difference, and the servers have others to answer.
    ...(page && { pollIntervalMs: WATCHED_POLL_MS }),
    onInvoked: watched && ((report) => watched.invoked(report)),
  });
  return { sandbox, runtime };
}

async function playAll({ job, options, deployment, show, tempo, page, surroundings }: Run) {
  const { now, signal } = surroundings;
  const { kinesis } = clients(deployment.connection);
  const streams = { [CLICKS]: deployment.streamName, ...page?.streams };
  const producer = new Producer(kinesis, streams, (record) => {
    page?.taken(record);
    // What is put by hand makes no progress of the play.
    if (record.byHand) show.put(producer.clicks);
  });
  page?.putBy(producer);
  const random = seeded(options.seed);
  const startTime = now() - job.startedBeforeMs;
  const clicks = () => traffic({ random, startTime, events: options.events });
  const items = options.input === undefined ? clicks() : fileItems(options.input);
  const { complete } = await play({
    items: page?.hasShop === true ? shop(clicks(), seeded(options.seed + 2)) : items,
    putRecords:
      page === undefined ? producer.putRecords : heldBack(producer.putRecords, page.unread, signal),
    speed: options.speed,
    tempo,
    live: !job.ends,
    now,
    sleep: async (ms, until) => void (await sleepFor(ms, undefined, { signal: until })),
    random: seeded(options.seed + 1),
    signal,
    onProgress: () => show.put(producer.clicks),
  });
  return { complete, producer };
}

async function closeAll(
  { job, deployment, show, surroundings }: Run,
  runtime: LocalRuntime,
  producer: Producer,
): Promise<boolean> {
  const { connection, tables } = deployment;
  const { dynamodb: client } = clients(connection);
  return settle({
    store: dynamoStore({ client, tables }),
    stage: job.stage,
    records: producer.clicks,
    tick: () => runtime.tick().catch((error: unknown) => show.failed(error)),
    sleep: async (ms) => void (await sleepFor(ms)),
    signal: surroundings.signal,
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
