import { aligned } from '../report.ts';
import type { ScaleMeasured, ScaleWay } from './call.ts';
import type { Point, Series } from './series.ts';

/** What was measured of one point in one way. */
export interface ScaleLine extends ScaleMeasured {
  readonly series: string;
  readonly size: number | string;
  readonly way: ScaleWay;
  readonly cpuMicrosPerEvent: number;
  /** To the time of an event at the point of the series that all are compared with. */
  readonly ratio: number;
}

/** The lines of one series in one way, of what its points took. */
export function linesOf(
  { name, points, reference }: Series,
  way: ScaleWay,
  measured: readonly ScaleMeasured[],
): ScaleLine[] {
  const perEvent = points.map(
    ({ load }, n) => (Number(measured[n]?.cpuSeconds) * 1e6) / load.events,
  );
  return measured.map((one, n) => ({
    series: name,
    size: (points[n] as Point).size,
    way,
    ...one,
    cpuMicrosPerEvent: Number(perEvent[n]),
    ratio: Number(perEvent[n]) / Number(perEvent[reference]),
  }));
}

/** One row a size, the ways beside each other. */
export function tableOf({ name }: Series, ways: readonly (readonly ScaleLine[])[]): string {
  const header = ways.flatMap((lines) => [
    `${lines[0]?.way} CPU us an event`,
    'ratio',
    'max RSS MB',
  ]);
  const sizes = (ways[0] ?? []).map(({ size }, n) => [
    String(size),
    ...ways.flatMap((lines) => cellsOf(lines[n] as ScaleLine)),
    ...totalsOf(ways.flatMap((lines) => lines[n] ?? [])),
  ]);
  return aligned([[name, ...header, 'rows', 'segments'], ...sizes]);
}

const cellsOf = ({ cpuMicrosPerEvent, ratio, rssMb }: ScaleLine): string[] => [
  cpuMicrosPerEvent.toFixed(1),
  ratio.toFixed(2),
  rssMb.toFixed(0),
];

/** What is the same in all ways, and what only some of them count. */
const totalsOf = (lines: readonly ScaleLine[]): string[] => [
  String(lines[0]?.rows),
  lines.flatMap(({ segments }) => segments ?? []).join(),
];
