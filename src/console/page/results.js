import { byId, h, say, table } from './dom.js';
import { grouped, minute, short } from './format.js';

/** @typedef {import('../snapshot.ts').SinkSnapshot} SinkSnapshot */
/** @typedef {import('../snapshot.ts').RowSnapshot} RowSnapshot */

const BARS_MAX = 10;
const ROWS_MAX = 40;

const place = byId('results');
const choice = h('div', { class: 'choice', role: 'group', 'aria-label': 'Tables' });
const bars = h('ol', { class: 'bars', 'aria-label': 'The greatest of the newest results' });
const title = h('p', { class: 'note' }, 'Nothing has come out yet.');
const rows = table('The newest results', [
  { name: 'Key', class: 'key-cell' },
  { name: 'Time', class: 'time' },
  { name: 'Value', class: 'value' },
]);
place.append(choice, title, bars, h('div', { class: 'scroll rows' }, rows.element));

let chosen = '';

/** @param {readonly SinkSnapshot[]} sinks */
export function showResults(sinks) {
  const sink = sinks.find(({ name }) => name === chosen) ?? sinks[0];
  if (sink === undefined) return;
  showChoice(sinks, sink.name);
  const newest = newestOf(sink.rows);
  say(title, titleOf(sink, newest));
  showBars(newest);
  rows.show(
    sink.rows.slice(0, ROWS_MAX).map((row) => ({
      class: row.retracted ? 'retracted' : '',
      title: row.value,
      cells: [row.key, timeOf(row), row.retracted ? 'taken back' : row.value],
    })),
  );
}

/** @param {readonly SinkSnapshot[]} sinks @param {string} name */
function showChoice(sinks, name) {
  const names = sinks.map((sink) => sink.name);
  if (choice.dataset.names !== names.join()) {
    choice.dataset.names = names.join();
    const buttons = names.map((one) => {
      const button = h('button', { type: 'button', class: 'quiet' }, one);
      button.addEventListener('click', () => {
        chosen = one;
        showResults(sinks);
      });
      return button;
    });
    choice.replaceChildren(...buttons);
  }
  for (const button of choice.children) {
    button.setAttribute('aria-pressed', String(button.textContent === name));
  }
}

/** Of the newest window, or the newest rows. @param {readonly RowSnapshot[]} all */
function newestOf(all) {
  const live = all.filter(({ retracted, number }) => !retracted && number !== null);
  const byKey = new Map();
  const end = Math.max(...live.map((row) => row.end));
  const ofWindow = live.filter((row) => row.end === end && row.end - row.start > 1_000);
  for (const row of ofWindow.length > 2 ? ofWindow : live) {
    if (!byKey.has(row.key)) byKey.set(row.key, row);
  }
  /** @type {RowSnapshot[]} */
  const newest = [...byKey.values()];
  return newest.sort((a, b) => (b.number ?? 0) - (a.number ?? 0)).slice(0, BARS_MAX);
}

/** @param {SinkSnapshot} sink @param {readonly RowSnapshot[]} newest */
function titleOf({ name, total }, newest) {
  if (total === 0) return 'Nothing has come out yet.';
  const [first] = newest;
  const isWindow = first !== undefined && newest.every(({ end }) => end === first.end);
  const of = isWindow && first.end - first.start > 1_000 ? `, window ${timeOf(first)}` : '';
  return `${grouped(total)} results in ${name}${of}`;
}

/** @param {readonly RowSnapshot[]} newest */
function showBars(newest) {
  const greatest = Math.max(1, ...newest.map(({ number }) => number ?? 0));
  while (bars.children.length < newest.length) {
    bars.append(
      h(
        'li',
        {},
        h('span', { class: 'name' }),
        h('span', { class: 'track' }, h('span', { class: 'fill' })),
        h('span', { class: 'number' }),
      ),
    );
  }
  while (bars.children.length > newest.length) bars.lastElementChild?.remove();
  for (const [n, { key, number }] of newest.entries()) {
    const [name, track, value] = bars.children[n]?.children ?? [];
    const fill = /** @type {HTMLElement | undefined} */ (track?.firstElementChild);
    if (name) say(name, key);
    if (value) say(value, short(number ?? 0));
    if (fill) fill.style.transform = `scaleX(${(number ?? 0) / greatest})`;
  }
}

/** @param {RowSnapshot} row */
const timeOf = ({ start, end }) =>
  end - start > 1_000 ? `${minute(start)}–${minute(end)}` : minute(start);
