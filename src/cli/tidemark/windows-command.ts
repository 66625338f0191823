import { type OpenWindow, openWindows } from '../../engine/open-windows.ts';
import { BEFORE_ALL } from '../../engine/position.ts';
import {
  holdersOf,
  type LaneStanding,
  type StageStanding,
  standingOf,
} from '../../engine/standing.ts';
import type { Source } from '../../sources/source.ts';
import { laneIn, type StagePlan, streamsOf } from '../../topology/plan.ts';
import { grouped } from '../start/terminal-text.ts';
import { columns } from './columns.ts';
import { type Deployed, type DeployedFlags, deployedPipeline } from './deployed.ts';
import { agoText, timeJson, timeText } from './moment.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { workingLine } from './working-line.ts';

/** What `tidemark windows` is given. */
export interface WindowsFlags extends DeployedFlags {
  /** How many windows of a stage are shown, the earliest first. */
  readonly limit: number;
  readonly json?: boolean;
}

/** Makes ready to tell which windows are open, and what keeps them open. Throws what is wrong with the call. */
export function prepareWindows(
  module: string,
  flags: WindowsFlags,
  terminal: Terminal,
): Promise<Ready> {
  return deployedPipeline(module, flags, async (deployed) => {
    const { plan, store } = deployed;
    const line = workingLine(terminal);
    const seen: StageSeen[] = [];
    for (const standing of await standingOf(plan, store)) {
      const { stage } = standing;
      const reading = (done: number) =>
        line.show(() => `${stage.name}: ${done} of ${stage.buckets} buckets read`);
      const open = await openWindows({ stage, store }, reading);
      seen.push({ standing, open, held: await heldBy(deployed, standing) });
    }
    line.clear();
    const text = flags.json
      ? JSON.stringify(
          { pipeline: plan.name, stages: seen.map((one) => stageJson(one, flags)) },
          undefined,
          2,
        )
      : [plan.name, ...seen.flatMap((one) => stageText(one, flags))].join('\n');
    terminal.out.write(`${text}\n`);
  });
}

interface StageSeen {
  readonly standing: StageStanding;
  readonly open: readonly OpenWindow[];
  readonly held: readonly Held[];
}

/**
 * Why something has the watermark that it has. `behind`: there are records after its position. `idle`:
 * there is none, and the next tick may raise it. `ended`: its shard is read to its end, and its children
 * wait for their other parents. `waiting`: it is a stage whose buckets have not fired further.
 */
type HeldState = 'behind' | 'idle' | 'ended' | 'waiting' | 'unknown';

interface Held {
  /** A lane, or a stage before. */
  readonly by: string;
  readonly state: HeldState;
  /** When its watermark last rose, ms. */
  readonly since: number | undefined;
  /** How often its newest batch was tried in vain, or is being tried. */
  readonly attempts: number;
}

async function heldBy({ sources }: Deployed, standing: StageStanding): Promise<Held[]> {
  const { lanes, before } = holdersOf(standing);
  const told = await Promise.all(
    lanes.map(async (lane): Promise<Held> => {
      const { lane: by, movedAt: since, epoch, committedEpoch } = lane;
      const state = await stateOf(standing.stage, lane, sources);
      return { by, state, since, attempts: epoch - committedEpoch };
    }),
  );
  const stages = before.map(
    ({ name }): Held => ({ by: name, state: 'waiting', since: undefined, attempts: 0 }),
  );
  return [...told, ...stages];
}

async function stateOf(
  stage: StagePlan,
  { lane, position, ended }: LaneStanding,
  sources: Readonly<Record<string, Source>>,
): Promise<HeldState> {
  if (ended) return 'ended';
  for (const stream of streamsOf(stage)) {
    const source = sources[stream];
    const prefix = laneIn(stage, stream, '');
    if (source === undefined || !lane.startsWith(prefix)) continue;
    const after = position === BEFORE_ALL ? undefined : position;
    const { behind, drained } = await source.probe(lane.slice(prefix.length), after);
    return behind ? 'behind' : drained ? 'ended' : 'idle';
  }
  return 'unknown';
}

function stageJson({ standing, open, held }: StageSeen, { limit }: WindowsFlags) {
  return {
    stage: standing.stage.name,
    watermark: timeJson(standing.watermark),
    open: open.length,
    windows: open.slice(0, limit).map(({ windowStart = null, slot, keys }) => {
      return { windowStart, windowEnd: slot, keys };
    }),
    heldBy: held.map(({ since, ...one }) => ({ ...one, since: timeJson(since) })),
  };
}

function stageText({ standing, open, held }: StageSeen, { limit }: WindowsFlags): string[] {
  const rows = open
    .slice(0, limit)
    .map(({ windowStart, slot, keys }) => [
      windowStart === undefined ? '' : timeText(windowStart),
      timeText(slot),
      grouped(keys),
    ]);
  const more = open.length - rows.length;
  const count = open.length === 0 ? 'nothing is open' : `${grouped(open.length)} open`;
  return [
    '',
    `${standing.stage.name}: watermark ${timeText(standing.watermark)}, ${count}`,
    ...(rows.length > 0
      ? columns(['from', 'told at', 'keys>'], rows).map((row) => `  ${row}`)
      : []),
    ...(more > 0 ? [`  and ${grouped(more)} later ones; --limit shows more`] : []),
    ...held.map((one) => `  held by ${heldText(one)}`),
    ...(standing.lanes.length === 0 && standing.before.length === 0
      ? ['  held by nothing yet: no record was read']
      : []),
  ];
}

function heldText({ by, state, since, attempts }: Held): string {
  const tries = attempts > 1 ? `, ${attempts} attempts at its next batch` : '';
  const rise = since === undefined ? '' : `, last rise ${agoText(since, Date.now())}`;
  return `${by}: ${state}${rise}${tries}`;
}
