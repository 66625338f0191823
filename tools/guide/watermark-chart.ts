import { element, picture, text } from './svg.ts';

/** One arrival: when the event happened, the watermark after it, and what came out because of it. */
export interface Arrival {
  readonly time: number;
  readonly watermark: number;
  readonly late: boolean;
  readonly told: readonly string[];
}

export interface WatermarkChart {
  readonly title: string;
  readonly arrivals: readonly Arrival[];
  /** Of event time. */
  readonly from: number;
  readonly to: number;
  readonly every: number;
  readonly tick: (at: number) => string;
}

const WIDTH = 760;
const HEIGHT = 340;
const LEFT = 80;
const BOTTOM = 30;

/** Events by arrival (to the right) and event time (upwards), the watermark as the line below them. */
export function drawWatermark(chart: WatermarkChart): string {
  const { title, arrivals, from, to, every, tick } = chart;
  const step = (WIDTH - LEFT - 160) / arrivals.length;
  const x = (n: number): number => LEFT + (n + 0.5) * step;
  const y = (at: number): number =>
    HEIGHT - BOTTOM - ((Math.max(from, at) - from) / (to - from)) * (HEIGHT - BOTTOM - 20);
  const lines = Array.from(
    { length: Math.floor((to - from) / every) + 1 },
    (_, i) => from + i * every,
  );
  const grid = lines.flatMap((at) => [
    element('line', { class: 'axis', x1: LEFT, x2: WIDTH - 10, y1: y(at), y2: y(at) }),
    text({ class: 'small', x: LEFT - 8, y: y(at) + 4, 'text-anchor': 'end' }, tick(at)),
  ]);
  const path = arrivals.map(({ watermark }, n) => {
    const before = arrivals[n - 1]?.watermark ?? from;
    const to = n === 0 ? 'M' : 'L';
    return `${to}${x(n).toFixed(1)} ${y(before).toFixed(1)} L${x(n).toFixed(1)} ${y(watermark).toFixed(1)}`;
  });
  const end = `L${(x(arrivals.length - 1) + step / 2).toFixed(1)} ${y(arrivals.at(-1)?.watermark ?? from).toFixed(1)}`;
  const marks = arrivals.flatMap(({ time, late, told, watermark }, n) => [
    element('circle', { class: late ? 'late' : 'event', cx: x(n), cy: y(time), r: 5 }),
    ...told.map((what, i) =>
      text({ class: 'note', x: x(n) + 8, y: y(watermark) + 16 + i * 14 }, what),
    ),
  ]);
  const axes = [
    text({ class: 'small', x: LEFT, y: HEIGHT - 8 }, 'in the order of arrival'),
    text({ class: 'small', x: LEFT, y: 12 }, 'event time'),
  ];
  return picture({ width: WIDTH, height: HEIGHT, title }, [
    ...grid,
    element('path', { class: 'watermark', d: [...path, end].join(' ') }),
    ...marks,
    ...axes,
  ]);
}
