import { type StageStanding, standingOf } from '../../engine/standing.ts';
import { columns } from './columns.ts';
import { type DeployedFlags, deployedPipeline } from './deployed.ts';
import { agoText, timeJson, timeText } from './moment.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';

/** What `tidemark positions` is given. */
export interface PositionsFlags extends DeployedFlags {
  readonly json?: boolean;
}

/** Makes ready to tell how far a deployed pipeline is. Throws what is wrong with the call. */
export function preparePositions(
  module: string,
  flags: PositionsFlags,
  { out }: Terminal,
): Promise<Ready> {
  return deployedPipeline(module, flags, async ({ plan, store }) => {
    const stages = await standingOf(plan, store);
    const told = { pipeline: plan.name, stages: stages.map(stageJson) };
    if (flags.json) out.write(`${JSON.stringify(told, undefined, 2)}\n`);
    else out.write(`${[plan.name, ...stages.flatMap(stageText)].join('\n')}\n`);
  });
}

const stageJson = ({ stage, watermark, lanes, buckets }: StageStanding) => ({
  stage: stage.name,
  watermark: timeJson(watermark),
  lanes: lanes.map(({ tally, watermark, movedAt, recordsAt, producers: _, ...lane }) => ({
    ...lane,
    watermark: timeJson(watermark),
    movedAt: timeJson(movedAt),
    recordsAt: timeJson(recordsAt),
    ...tally,
  })),
  buckets: buckets.map(({ target, firedThrough }, bucket) => ({
    bucket,
    target: timeJson(target),
    firedThrough: timeJson(firedThrough),
  })),
});

function stageText({ stage, watermark, lanes, buckets, before }: StageStanding): string[] {
  const now = Date.now();
  const laneRows = lanes.map((lane) => [
    lane.lane,
    lane.position,
    timeText(lane.watermark),
    agoText(lane.movedAt, now),
    String(lane.epoch),
    lane.ended ? 'ended' : '',
  ]);
  const bucketRows = buckets.map(({ target, firedThrough }, bucket) => [
    String(bucket),
    timeText(target),
    timeText(firedThrough),
  ]);
  const beforeRows = before.map(({ name, watermark }) => [name, timeText(watermark)]);
  return [
    '',
    `${stage.name}: watermark ${timeText(watermark)}`,
    ...indented(LANE_HEADINGS, laneRows),
    ...indented(['stage before', 'watermark'], beforeRows),
    ...indented(['bucket>', 'target', 'fired through'], bucketRows),
  ];
}

const LANE_HEADINGS = ['lane', 'position', 'watermark', 'last rise', 'epoch>', ''];

const indented = (headings: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length > 0 ? columns(headings, rows).map((line) => `  ${line}`.trimEnd()) : [];
