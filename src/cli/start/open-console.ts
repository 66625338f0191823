import { type Console, type ConsoleHost, serveConsole } from '../../console/server.ts';
import { ConfigurationError } from '../../errors.ts';
import type { FunctionProcess } from '../../runtime/local/function-process.ts';
import { type Companion, deployCompanions, SHOP_STREAMS } from './companions.ts';
import { RunConsole } from './console-host.ts';
import { clients, type Deployment } from './deployment.ts';
import type { ToldByFunction } from './function-settings.ts';
import { type Job, maxDelayOf } from './job.ts';
import type { ConsoleSettings, StartOptions } from './options.ts';
import { placesOf } from './places.ts';
import type { Producer, TakenRecord } from './producer.ts';
import { startPush } from './push.ts';
import type { PipelineName } from './reference-plans.ts';
import { invokeOf, startRunning, startSandbox } from './running.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tempo } from './tempo.ts';
import type { Watched } from './watched.ts';

export interface OpenConsoleOptions {
  readonly options: StartOptions;
  readonly console: ConsoleSettings;
  readonly job: Job;
  readonly deployment: Deployment;
  readonly tempo: Tempo;
  readonly surroundings: Surroundings;
}

/** The page of a run, and the pipelines that run beside the clickstream. */
export interface OpenConsole {
  readonly url: string;
  /** What is played is a whole shop, not its clicks alone. */
  readonly hasShop: boolean;
  /** The streams that the shop has besides, by what plans call them. */
  readonly streams: Readonly<Record<string, string>>;
  of(name: PipelineName): Watched | undefined;
  /** Starts the other pipelines; the clickstream runs in this process. */
  start(clickstream: FunctionProcess): void;
  putBy(producer: Producer): void;
  taken(record: TakenRecord): void;
  /** Records that the pipeline that is farthest behind has not read yet. */
  unread(): number;
  end(): void;
  stop(): Promise<void>;
}

/**
 * Serves the page. Where traffic is generated without an end, into servers of its own, the other pipelines
 * of functions/ are deployed too.
 *
 * @throws ConfigurationError PORT_TAKEN
 */
export async function openConsole(given: OpenConsoleOptions): Promise<OpenConsole> {
  const { options, console, job, deployment, tempo, surroundings } = given;
  const hasShop = !options.alone && !job.ends && isAllEmbedded(options);
  const { kinesis, dynamodb } = clients(deployment.connection);
  const push = hasShop ? await startPush(dynamodb) : undefined;
  const maxDelay = maxDelayOf(job.startedBeforeMs);
  const companions = push ? await deployCompanions(deployment, { maxDelay, push: push.place }) : [];
  const main = {
    choice: { name: 'clickstream' as const, settings: job.pipeline },
    places: placesOf(deployment),
  };
  const pushing = companions.find(({ places }) => Object.keys(places.pushes).length > 0);
  const host = new RunConsole({
    pipelines: [main, ...companions],
    ...{ kinesis, dynamodb, tempo, keyField: job.keyField },
    action: options.filterAction,
    ...(push && pushing && { pushed: { pipeline: pushing.name, url: push.url } }),
    now: surroundings.now,
  });
  const served = await serve(host, console);
  push?.letIn(served.url);
  let stopCompanions = async (): Promise<void> => {};
  return {
    url: served.url,
    hasShop,
    streams: hasShop ? Object.fromEntries(SHOP_STREAMS.map((name) => [name, name])) : {},
    of: (name) => host.of(name),
    start(clickstream) {
      host.runsIn('clickstream', clickstream);
      if (companions.length > 0) stopCompanions = startCompanions(companions, deployment, host);
    },
    putBy: (producer) => host.putBy(producer),
    taken: (record) => host.taken(record),
    unread: () => host.unread,
    end: () => host.end(),
    async stop() {
      host.close();
      await served.close();
      await stopCompanions();
      await push?.stop();
      kinesis.destroy();
      dynamodb.destroy();
    },
  };
}

const isAllEmbedded = ({ endpoints }: StartOptions): boolean =>
  endpoints.kinesis === undefined && endpoints.dynamodb === undefined;

/** On the usual port, or on any other if that is taken and nobody asked for it. */
async function serve(host: ConsoleHost, { port, isDefault }: ConsoleSettings): Promise<Console> {
  try {
    return await serveConsole({ host, port });
  } catch (error) {
    if (!isDefault || !(error instanceof ConfigurationError)) throw error;
    return serveConsole({ host, port: 0 });
  }
}

/** Slower than the clickstream: seven of them share the servers with it. */
const COMPANION_PACE = {
  batchSize: 1_000,
  batchingWindowMs: 2_000,
  pollIntervalMs: 1_000,
  tickEveryMs: 10_000,
};

/** As long as the function that fires has in AWS: a slow one must not take the others down with it. */
const TIMEOUT_MS = 300_000;

/** All in one process: seven more would be much for a small machine. Returns what stops them. */
function startCompanions(
  companions: readonly Companion[],
  { connection }: Deployment,
  host: RunConsole,
): () => Promise<void> {
  const settings = { connection, hosted: companions, isWatched: true };
  const hear = ({ pipeline, message }: ToldByFunction): void => host.of(pipeline)?.heard(message);
  const sandbox = startSandbox(settings, hear, TIMEOUT_MS);
  const runtimes = companions.map(({ name, choice, places }) => {
    host.runsIn(name, sandbox);
    const watched = host.of(name);
    return startRunning({
      ...{ connection, choice, places, ...COMPANION_PACE },
      invoke: invokeOf(sandbox, name),
      onError: (error) => watched?.model.failed(String(error), Date.now()),
      onInvoked: (report) => watched?.invoked(report),
    });
  });
  return async () => {
    // Nothing waits for what they would still tell, and a firing may take minutes.
    await Promise.all([...runtimes.map((runtime) => runtime.stop()), sandbox.stop()]);
  };
}
