import { writeFileSync } from 'node:fs';
import type { StoredDeadLetter } from '../../sinks/read-dead-letters.ts';
import type { TrafficItem } from '../start/traffic-item.ts';
import { putDashboards } from './dashboard.ts';
import { type DeployedStack, deployStack } from './deploy.ts';
import { type DeployedPipeline, deployedPipeline } from './deployed-pipeline.ts';
import { invocations } from './invocations.ts';
import type { Place } from './place.ts';
import { missingOf, type Trial, trialText, type UpReport, upReport } from './report.ts';
import { sampleItems } from './sample.ts';
import type { Server, ServerOptions } from './server.ts';

/** What `npm run localstack` was asked for. */
export interface UpFlags {
  readonly input: string | undefined;
  readonly action: string;
  readonly seed: number;
  readonly events: number;
  readonly shards: number;
  /** False: deploy only. */
  readonly sample: boolean;
  /** Split a shard, and send more. */
  readonly split: boolean;
  readonly json: string | undefined;
}

/**
 * Brings LocalStack up, deploys the reference stack to it, sends it a sample of the clickstream and checks
 * what comes out. Resolves with true if all results equal a plain recount.
 */
export async function up(flags: UpFlags, server: Server, options: ServerOptions): Promise<boolean> {
  const { place, steps } = options;
  if (await server.isRunning()) steps.note(`LocalStack runs at ${place.endpoint} ${server.how}`);
  else await server.start();
  const stack = await deployStack(options, flags.shards);
  const dashboards = await steps.step('putting the dashboards', () => putDashboards(place, stack));
  const pipeline = deployedPipeline(place, stack, options.signal);
  try {
    const trials = flags.sample ? await tryOut(flags, stack, pipeline, options) : [];
    const report: UpReport = { place, how: server.how, stack, dashboards, trials };
    steps.note(trials.length === 0 ? '' : `\n${trials.map(trialText).join('\n\n')}\n`);
    steps.note(upReport(report));
    if (flags.json !== undefined) {
      writeFileSync(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    return trials.every(({ ok }) => ok);
  } finally {
    pipeline.close();
  }
}

/** After the split so many more for each of the first. */
const MORE = 0.5;

async function tryOut(
  flags: UpFlags,
  stack: DeployedStack,
  pipeline: DeployedPipeline,
  { place, steps }: ServerOptions,
): Promise<Trial[]> {
  const tryItems = async (title: string, items: readonly TrafficItem[]): Promise<Trial> => {
    const sent = await steps.step(`sending ${title}`, (tell) => pipeline.send(items, tell));
    return steps.step('checking the results', async () => {
      const check = await pipeline.check();
      const givenUp = await pipeline.givenUp();
      const invocations = await invocationsOf(place, stack);
      const trial = { title, ...sent, ...check, givenUp, invocations };
      const isRight = check.comparison.total === 0 && missingOf(trial) === 0;
      return { ...trial, ok: isRight && givenUp === 0 && check.counted > 0 };
    });
  };
  const more = Math.ceil(flags.events * MORE);
  const items = await sampleItems({ ...flags, records: flags.events + more, now: Date.now() });
  const first = items.slice(0, flags.events);
  const rest = items.slice(flags.events);
  const trials = [await tryItems(`${first.length} records`, first)];
  if (!flags.split) return trials;
  const shard = await steps.step('splitting a shard', () => pipeline.split());
  const poison = poisonAfter(rest);
  const title = `${rest.length} more and a broken one, with ${shard} split`;
  const trial = await tryItems(title, [...rest, poison]);
  const letter = (await pipeline.deadLetters()).find(isFrom(poison));
  return [...trials, { ...trial, ok: trial.ok && letter?.reason === 'NOT_JSON', poison: letter }];
}

/** What LocalStack itself says of the functions that it runs. */
async function invocationsOf(
  place: Place,
  { gather, fire }: DeployedStack,
): Promise<Trial['invocations']> {
  return { gather: await invocations(place, gather), fire: await invocations(place, fire) };
}

/** A record that no schema can read; each run has one of its own. */
const poisonAfter = (items: readonly TrafficItem[]): TrafficItem => ({
  line: `{"action":"click","at":${Date.now()}`,
  partitionKey: 'poison',
  arrivalTime: items.at(-1)?.arrivalTime ?? 0,
});

const isFrom =
  ({ line }: TrafficItem) =>
  ({ data }: StoredDeadLetter): boolean =>
    Buffer.from(data).equals(Buffer.from(line));
