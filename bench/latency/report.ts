import { PERCENTILES, type Percentiles, percentileCells } from '../percentiles.ts';
import { aligned } from '../report.ts';
import type { EngineShare, LatencyMeasured, Stage } from './call.ts';

const STAGES: Readonly<Record<Stage, string>> = {
  delivered: 'put to delivered',
  gathered: 'delivered to window closed',
  told: 'closed to firing begins',
  fired: 'firing to row readable',
  total: 'put to row readable',
};

const SHARES: Readonly<Record<keyof EngineShare, string>> = {
  gather: 'gather 100 records',
  fire: 'fire what that closed',
  both: 'both',
};

/** What a run came to, for people. */
export function reportOf({
  rows,
  windows,
  stages,
  steps,
  engine,
  roundTrips,
}: LatencyMeasured): string {
  return [
    `${rows} rows of ${windows} windows, ms`,
    tableOf(Object.entries(STAGES).map(([stage, what]) => [what, stages[stage as Stage]])),
    '\nSteps of the engine, calls of the store included, ms',
    tableOf(Object.entries(steps)),
    '\nThe engine alone, over memory, wall ms',
    tableOf(
      Object.entries(SHARES).map(([share, what]) => [what, engine[share as keyof EngineShare]]),
      2,
    ),
    `\nCalls that follow one another: ${roundTrips.gather} to gather, ${roundTrips.fire} to fire`,
  ].join('\n');
}

function tableOf(named: readonly (readonly [string, Percentiles])[], digits = 0): string {
  const rows = named.map(([name, values]) => [name, ...percentileCells(values, digits)]);
  return aligned([['', ...PERCENTILES], ...rows]);
}
