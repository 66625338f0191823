import { type Archive, archivedSince, archiveOf } from '../../archive/archive.ts';
import { type StageStanding, standingOf } from '../../engine/standing.ts';
import { ConfigurationError } from '../../errors.ts';
import { replay } from '../../runtime/replay/replay.ts';
import type { Store } from '../../store/store.ts';
import { activate, type Begun, begin, checkVersion, readBegun } from '../../versions/versions.ts';
import { grouped } from '../start/terminal-text.ts';
import { explained } from './aws-failure.ts';
import { type Deployed, type DeployedFlags, deployedPipeline } from './deployed.ts';
import { filesOf } from './glob.ts';
import { timeJson, timeText } from './moment.ts';
import { shardOpener } from './replay-shards.ts';
import { type Bound, parseBound, seenSince, wholeAfter } from './replay-start.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { openVersion, type Version } from './version.ts';
import { workingLine } from './working-line.ts';

/** What `tidemark replay` is given. */
export interface ReplayFlags extends DeployedFlags {
  readonly as: string;
  readonly from?: string;
  readonly to?: string;
  /** Files of an archive, or patterns of them. */
  readonly archive?: readonly string[];
  readonly swap?: boolean;
  readonly json?: boolean;
}

/** Makes ready to compute a version of a deployed pipeline. Throws what is wrong with the call. */
export function prepareReplay(
  module: string,
  flags: ReplayFlags,
  terminal: Terminal,
): Promise<Ready> {
  checkVersion(flags.as);
  const from = flags.from === undefined ? undefined : parseBound('--from', flags.from);
  const to = flags.to === undefined ? undefined : parseBound('--to', flags.to);
  const archive = archiveOf((flags.archive ?? []).flatMap(archiveFiles));
  return deployedPipeline(module, flags, async (deployed) => {
    const begunAt = terminal.now();
    const begun = await beginning(deployed, { flags, from, archive });
    // Only now: whoever says too little must not find tables that nobody needs.
    const version = await openVersion(deployed, flags.as, archive);
    let records = await run(version, { terminal, from: parseBound('--from', begun.from), to });
    for (let tries = 1; flags.swap; tries++) {
      const behind = await behindOf(deployed, version);
      if (behind.length === 0) break;
      if (to !== undefined || tries === TRIES_MAX) throw isBehind(behind, flags);
      records += await run(version, { terminal, from: parseBound('--from', begun.from), to });
    }
    if (flags.swap)
      await activate(deployed.store, { version: flags.as, wholeAfter: begun.wholeAfter });
    const stages = await standingOf(deployed.plan, version.store);
    const elapsedMs = Math.round(terminal.now() - begunAt);
    const told: Told = { pipeline: deployed.plan.name, flags, begun, records, elapsedMs, stages };
    terminal.out.write(flags.json ? toldJson(told) : toldText(told));
  });
}

/** How often the old version may get ahead meanwhile. */
const TRIES_MAX = 10;

interface Beginning {
  readonly flags: ReplayFlags;
  readonly from: Bound | undefined;
  readonly archive: Archive;
}

/** Where the version began, or begins now. @throws ConfigurationError REPLAY_INVALID */
async function beginning(
  { plan, store, kinesis, sources }: Deployed,
  { flags: { as, from: text }, from, archive }: Beginning,
): Promise<Begun> {
  const known = await readBegun(store, as);
  if (known !== undefined) {
    if (text === undefined || text === known.from) return known;
    const hint = 'Leave --from out to go on with it, or make another version: --as.';
    throw new ConfigurationError('REPLAY_INVALID', `${as} began from ${known.from}`, hint);
  }
  if (text === undefined || from === undefined) {
    const hint = 'Say where it begins: --from trim-horizon, a time, or positions.';
    throw new ConfigurationError('REPLAY_INVALID', `there is no version ${as} yet`, hint);
  }
  const since = await Promise.all(
    Object.entries(sources).map(async ([source, { streamName }]) => {
      const seen = { kinesis, source, streamName };
      const since = archivedSince(archive, streamName);
      return [source, await seenSince(from, { ...seen, archivedSince: since })] as const;
    }),
  );
  const begun = { from: text, wholeAfter: wholeAfter(plan, Object.fromEntries(since)) };
  await begin(store, as, begun);
  return begun;
}

interface Running {
  readonly terminal: Terminal;
  readonly from: Bound;
  readonly to: Bound | undefined;
}

function archiveFiles(pattern: string): string[] {
  const files = filesOf(pattern);
  if (files.length > 0) return files;
  const hint =
    'Patterns know * and ? in names, and ** for any folders; quote them, and check the path.';
  throw new ConfigurationError('INPUT_INVALID', `no file matches '${pattern}'`, hint);
}

async function run(version: Version, { terminal, from, to }: Running): Promise<number> {
  const { plan, resources, kinesis, dynamodb, store, invoke } = version;
  const line = workingLine(terminal);
  try {
    return await replay(plan, {
      kinesis,
      dynamodb,
      store,
      invoke,
      streams: Object.fromEntries(
        Object.entries(resources.sources).map(([name, { name: stream }]) => [name, stream]),
      ),
      goneShards: version.goneShards,
      controlTable: resources.control,
      openShard: await shardOpener(version, { from, to }),
      signal: terminal.signal,
      isHopeless: (error) => explained(error) instanceof ConfigurationError,
      onProgress: ({ records, shards }) =>
        line.show(() => `${grouped(records)} records from ${grouped(shards)} shards`),
    });
  } finally {
    line.clear();
  }
}

/** The stages that have not fired as far as those of the deployment that are called alike. */
async function behindOf(
  { plan, store }: Deployed,
  version: { readonly store: Store },
): Promise<string[]> {
  const old = await standingOf(plan, store);
  const made = await standingOf(plan, version.store);
  return made
    .filter((one, n) => firedThrough(one) < firedThrough(old[n] ?? one))
    .map(({ stage }) => stage.name);
}

const firedThrough = ({ buckets }: StageStanding): number =>
  Math.min(...buckets.map((bucket) => bucket.firedThrough));

const isBehind = (stages: readonly string[], { as }: ReplayFlags): ConfigurationError =>
  new ConfigurationError(
    'REPLAY_BEHIND',
    `${as} has not fired as far as what it is to replace: ${stages.join(', ')}`,
    'Nothing was swapped. Replay to the end of the streams, without --to, and swap then.',
  );

interface Told {
  readonly pipeline: string;
  readonly flags: ReplayFlags;
  readonly begun: Begun;
  readonly records: number;
  readonly elapsedMs: number;
  readonly stages: readonly StageStanding[];
}

function toldJson({ flags, begun, stages, ...told }: Told): string {
  const whole = { from: begun.from, wholeAfter: timeJson(begun.wholeAfter) };
  const standing = stages.map(({ stage, watermark, ...one }) => {
    const fired = timeJson(firedThrough({ stage, watermark, ...one }));
    return { stage: stage.name, watermark: timeJson(watermark), firedThrough: fired };
  });
  const all = {
    ...told,
    version: flags.as,
    ...whole,
    swapped: flags.swap === true,
    stages: standing,
  };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

function toldText({ pipeline, flags, begun, records, elapsedMs, stages }: Told): string {
  const { as, swap } = flags;
  const seconds = (elapsedMs / 1_000).toFixed(1);
  const readers =
    timeJson(begun.wholeAfter) === null
      ? `all windows from ${as}`
      : `windows that start after ${timeText(begun.wholeAfter)} from ${as}`;
  return `${[
    `${pipeline} ${as}: ${grouped(records)} records delivered in ${seconds} s`,
    ...stages.map((one) => `  ${one.stage.name}: fired through ${timeText(firedThrough(one))}`),
    swap ? `swapped: readers take ${readers}` : `not swapped: --swap lets readers take ${readers}`,
  ].join('\n')}\n`;
}
