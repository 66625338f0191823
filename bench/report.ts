import { jobNamed } from './jobs/index.ts';
import { type JobRounds, type Rounds, type Spread, spreadOf } from './rounds.ts';
import type { WayName } from './ways/index.ts';

/** What was measured of one job in one way. Times are CPU seconds. */
export interface Line {
  readonly job: string;
  readonly way: WayName;
  readonly events: number;
  /** Of the time of an event to that of the hand-written loop, each with the loop of its own round. */
  readonly ratio: Spread;
  readonly cpuSecondsPerMillion: Spread;
  readonly rssMb: number;
  readonly rows: number;
  /** The rows are those of the loop; undefined: it was not asked for the same. */
  readonly agrees: boolean | undefined;
}

/** How many events each way was given. */
export type EventsOf = (way: WayName) => number;

/** The loop with the same idea of what is late. */
const TWIN: Partial<Record<WayName, WayName>> = { batch: 'loop', lambda: 'live' };

export function linesOf(job: string, rounds: JobRounds, eventsOf: EventsOf): Line[] {
  const loop = rounds.get('loop') ?? [];
  const perEvent = (way: WayName, { cpuSeconds }: Rounds[number]) => cpuSeconds / eventsOf(way);
  return [...rounds].map(([way, its]) => {
    const twin = TWIN[way];
    const md5 = twin && rounds.get(twin)?.[0]?.md5;
    const ratios = its.map(
      (one, n) => perEvent(way, one) / perEvent('loop', loop[n] as Rounds[number]),
    );
    return {
      job,
      way,
      events: eventsOf(way),
      ratio: spreadOf(ratios),
      cpuSecondsPerMillion: spreadOf(its.map((one) => perEvent(way, one) * 1e6)),
      rssMb: Math.max(...its.map(({ rssMb }) => rssMb)),
      rows: its[0]?.rows ?? 0,
      agrees: md5 === undefined ? undefined : its.every((one) => one.md5 === md5),
    };
  });
}

export const HEADER = [
  'job',
  'way',
  'ratio to loop',
  '(spread)',
  'CPU s per million',
  'max RSS MB',
  'rows',
  'as the loop',
];

export function cellsOf({
  job,
  way,
  ratio,
  cpuSecondsPerMillion,
  rssMb,
  rows,
  agrees,
}: Line): string[] {
  return [
    job,
    way,
    ratio.median.toFixed(2),
    `${ratio.least.toFixed(2)}-${ratio.greatest.toFixed(2)}`,
    cpuSecondsPerMillion.median.toFixed(2),
    rssMb.toFixed(0),
    String(rows),
    agrees === undefined ? '' : agrees ? 'yes' : 'NO',
  ];
}

/** Columns as wide as they need to be. */
export function aligned(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, n) =>
    Math.max(...table.map((row) => row[n]?.length ?? 0)),
  );
  return table
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const headingOf = (name: string): string => `${name}: ${jobNamed(name).what}`;
