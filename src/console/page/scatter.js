import { colour } from './colours.js';
import { clock } from './format.js';
import uPlot from './uplot.js';

/** @typedef {import('../snapshot.ts').Point} Point */
/** @typedef {import('../snapshot.ts').WatermarkPoint} WatermarkPoint */
/** @typedef {import('../snapshot.ts').PipelineSnapshot} PipelineSnapshot */
/** @typedef {import('../snapshot.ts').TrafficSnapshot} TrafficSnapshot */

const POINTS_MAX = 1_500;
const WATERMARKS_MAX = 600;
/** So much wall time is shown, and never less or more event time than this, ms. */
const SHOWN_MS = 20_000;
const SPAN = { least: 4 * 60_000, most: 60 * 60_000 };

/** @param {HTMLElement} place */
export function scatterChart(place) {
  /** @type {Point[]} */
  let points = [];
  /** @type {WatermarkPoint[]} */
  let watermarks = [];
  let span = SPAN.most / 3;
  const spanOf = () => ({ to: points.at(-1)?.[0] ?? 0, span });
  let chart = chartIn(place, spanOf);
  const draw = () => {
    const from = spanOf().to - span;
    chart.setData(dataOf(points, watermarks, from));
  };
  new ResizeObserver(() => chart.setSize(sizeOf(place))).observe(place);
  return {
    /** @param {PipelineSnapshot} pipeline @param {TrafficSnapshot} traffic */
    add(pipeline, { speed }) {
      points = [...points, ...pipeline.points].slice(-POINTS_MAX);
      watermarks = [...watermarks, ...pipeline.watermarks].slice(-WATERMARKS_MAX);
      const wanted = speed === 'max' ? SPAN.most : speed * SHOWN_MS;
      span = Math.min(SPAN.most, Math.max(SPAN.least, wanted));
      draw();
    },
    clear() {
      points = [];
      watermarks = [];
    },
    repaint() {
      chart.destroy();
      chart = chartIn(place, spanOf);
      draw();
    },
  };
}

/** @param {HTMLElement} place */
const sizeOf = (place) => ({ width: place.clientWidth, height: place.clientHeight });

/** How much lower than the newest event the picture reaches, of its width: what is in order lies on its diagonal. */
const DEPTH = 1;
/** Above it there is room for clocks that are ahead. */
const HEAD = 0.04;

/**
 * @param {HTMLElement} place
 * @param {() => { to: number, span: number }} shown ms
 */
function chartIn(place, shown) {
  /** @param {number} size @param {string} name */
  const dots = (size, name) => ({
    paths: () => null,
    points: { show: true, size, fill: colour(name), stroke: colour(name), width: 0 },
  });
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
    /** @param {uPlot} _ @param {number[]} seconds */
    values: (_, seconds) => seconds.map((time) => clock(time * 1000)),
  };
  return new uPlot(
    {
      ...sizeOf(place),
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => [(shown().to - shown().span) / 1000, shown().to / 1000] },
        y: {
          range: () => {
            const { to, span } = shown();
            return [(to - span * DEPTH) / 1000, (to + span * HEAD) / 1000];
          },
        },
      },
      axes: [
        { ...axis, space: 90 },
        { ...axis, size: 62 },
      ],
      series: [
        {},
        {
          label: 'watermark',
          stroke: colour('watermark'),
          width: 2,
          spanGaps: true,
          points: { show: false },
        },
        { label: 'ahead', ...dots(4, 'on-time') },
        { label: 'behind', ...dots(6, 'behind') },
        { label: 'by hand', ...dots(11, 'by-hand') },
      ],
    },
    [[], [], [], [], []],
    place,
  );
}

/**
 * Columns as uPlot wants them: one instant of arrival a row.
 *
 * @param {readonly Point[]} points
 * @param {readonly WatermarkPoint[]} watermarks
 * @param {number} from ms
 * @returns {uPlot.AlignedData}
 */
function dataOf(points, watermarks, from) {
  const newest = points.at(-1)?.[0] ?? 0;
  const floor = newest - (newest - from) * DEPTH;
  /** @type {[number, number | null, number | null, number | null, number | null][]} */
  const rows = points
    .filter(([arrival]) => arrival >= from)
    .map(([arrival, eventTime, kind]) => {
      const y = (kind === 0 ? eventTime : Math.max(eventTime, floor)) / 1000;
      return [
        arrival / 1000,
        null,
        kind === 0 ? y : null,
        kind === 1 ? y : null,
        kind === 2 ? y : null,
      ];
    });
  for (const [arrival, watermark] of watermarks) {
    if (arrival >= from) rows.push([arrival / 1000, watermark / 1000, null, null, null]);
  }
  rows.sort(([a], [b]) => a - b);
  /** @param {0 | 1 | 2 | 3 | 4} n */
  const column = (n) => rows.map((row) => row[n]);
  return /** @type {uPlot.AlignedData} */ ([column(0), column(1), column(2), column(3), column(4)]);
}
