import { colour } from './colours.js';
import { byId, h, say } from './dom.js';
import { short } from './format.js';
import uPlot from './uplot.js';

/** @typedef {import('../snapshot.ts').DrawnDashboard} DrawnDashboard */
/** @typedef {import('../snapshot.ts').DrawnWidget} DrawnWidget */

const EVERY_MS = 5_000;
const COLOURS = 8;

/** @param {() => string} chosen the pipeline that is looked at */
export function startDashboard(chosen) {
  const place = byId('dashboard');
  /** @type {ReturnType<typeof widgetOf>[]} */
  let widgets = [];
  let shownFor = '';
  const clear = () => {
    for (const widget of widgets) widget.destroy();
    widgets = [];
    shownFor = '';
  };
  const refresh = async () => {
    const name = chosen();
    const answer = await fetch(`/dashboard?pipeline=${encodeURIComponent(name)}`);
    if (name !== chosen()) return;
    if (!answer.ok) {
      clear();
      place.replaceChildren(h('p', { class: 'note' }, await answer.text()));
      return;
    }
    /** @type {DrawnDashboard} */
    const drawn = await answer.json();
    if (shownFor !== name) {
      clear();
      shownFor = name;
      widgets = drawn.widgets.map(widgetOf);
      place.replaceChildren(...widgets.map(({ element }) => element));
    }
    for (const [n, widget] of drawn.widgets.entries()) widgets[n]?.show(drawn.times, widget);
  };
  const again = () => {
    if (document.visibilityState === 'visible') refresh().catch(() => {});
  };
  place.replaceChildren(h('p', { class: 'note' }, 'CDK makes the dashboard…'));
  again();
  setInterval(again, EVERY_MS);
  return {
    /** Another pipeline, or another theme. */
    change() {
      clear();
      again();
    },
  };
}

/** @param {DrawnWidget} widget */
function widgetOf(widget) {
  const place = h('div', { class: 'chart small' });
  const legend = h(
    'ul',
    { class: 'lines' },
    ...widget.lines.map(({ label }, n) =>
      h('li', { class: `line-${n % COLOURS}` }, h('span', {}, label), h('b', {})),
    ),
  );
  const unit = [widget.left, widget.right].filter((text) => text !== '').join(', ');
  const heading = h('h3', {}, widget.title, ' ', h('span', { class: 'hint' }, unit));
  const element = h('figure', { class: 'widget' }, heading, place, legend);
  /** @type {uPlot | undefined} */
  let chart;
  const resizing = new ResizeObserver(() => {
    chart?.setSize({ width: place.clientWidth, height: place.clientHeight });
  });
  /** @param {readonly number[]} times @param {DrawnWidget} drawn */
  const show = (times, drawn) => {
    if (chart === undefined) {
      chart = chartOf(drawn, place);
      resizing.observe(place);
    }
    const values = drawn.lines.map((line) => [...line.values]);
    chart.setData(/** @type {uPlot.AlignedData} */ ([times.map((time) => time / 1000), ...values]));
    for (const [n, line] of values.entries()) {
      const last = line.findLast((value) => value !== null);
      const figure = legend.children[n]?.lastElementChild;
      if (figure) say(figure, typeof last === 'number' ? short(last) : '–');
    }
  };
  const destroy = () => {
    resizing.disconnect();
    chart?.destroy();
  };
  return { element, show, destroy };
}

/** @param {DrawnWidget} widget @param {HTMLElement} place */
function chartOf(widget, place) {
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const hasRight = widget.lines.some((line) => line.axis === 'right');
  /** @param {uPlot} _ @param {number[]} values */
  const shortened = (_, values) => values.map((value) => short(value));
  return new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: fromZero }, right: { range: fromZero } },
      axes: [
        { ...axis, space: 70, values: '{HH}:{mm}' },
        { ...axis, size: 48, values: shortened },
        ...(hasRight
          ? [
              {
                ...axis,
                scale: 'right',
                side: 1,
                size: 52,
                grid: { show: false },
                values: shortened,
              },
            ]
          : []),
      ],
      series: [
        {},
        ...widget.lines.map((line, n) => ({
          label: line.label,
          scale: line.axis === 'right' ? 'right' : 'y',
          stroke: colour(`line-${n % COLOURS}`),
          width: 1.6,
          spanGaps: true,
          points: { show: false },
        })),
      ],
    },
    /** @type {uPlot.AlignedData} */ ([[], ...widget.lines.map(() => [])]),
    place,
  );
}

/** @param {uPlot} _ @param {number | null} _least @param {number | null} greatest @returns {[number, number]} */
const fromZero = (_, _least, greatest) => [
  0,
  greatest === null || greatest <= 0 ? 1 : greatest * 1.1,
];
