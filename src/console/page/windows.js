import { byId, h, say } from './dom.js';
import { grouped, minute } from './format.js';

/** @typedef {import('../snapshot.ts').PipelineSnapshot} PipelineSnapshot */
/** @typedef {import('../snapshot.ts').WindowSnapshot} WindowSnapshot */

const list = h('ol', { class: 'windows' });
const empty = h('p', { class: 'note' }, '');
byId('windows').append(empty, list);

/** @type {Map<number, ReturnType<typeof windowItem>>} */
const items = new Map();

/** Windows on their way, the newest first. @param {PipelineSnapshot} pipeline */
export function showWindows({ windows, windowsOf }) {
  say(byId('windows-of'), windowsOf);
  say(empty, windows.length > 0 ? '' : wordsWithout(windowsOf));
  empty.hidden = windows.length > 0;
  const shown = new Set(windows.map(({ end }) => end));
  for (const [end, { element }] of items) {
    if (shown.has(end)) continue;
    element.remove();
    items.delete(end);
  }
  for (const window of windows) {
    const known = items.get(window.end);
    const item = known ?? windowItem(window);
    if (known === undefined) {
      items.set(window.end, item);
      const after = [...items.keys()].filter((end) => end < window.end).sort((a, b) => b - a)[0];
      list.insertBefore(
        item.element,
        after === undefined ? null : (items.get(after)?.element ?? null),
      );
    }
    item.show(window);
  }
}

/** @param {string} windowsOf */
const wordsWithout = (windowsOf) =>
  windowsOf === ''
    ? 'No stage of this pipeline has windows of fixed length: each second of event time is looked at by itself.'
    : 'No window has opened yet.';

/** @param {WindowSnapshot} window */
function windowItem({ start, end }) {
  const fill = h('span', { class: 'fill' });
  const state = h('span', { class: 'state' });
  const figures = h('span', { class: 'figures' });
  const span = h('span', { class: 'span' }, `${minute(start)}–${minute(end)}`);
  const element = h('li', {}, span, h('span', { class: 'track' }, fill), state, figures);
  /** @param {WindowSnapshot} window */
  const show = (window) => {
    element.className = window.state;
    fill.style.transform = `scaleX(${window.progress})`;
    say(state, window.state);
    say(figures, figuresOf(window));
  };
  return { element, show };
}

/** @param {WindowSnapshot} window */
function figuresOf({ sent, results, sum }) {
  const told =
    sum === null ? `${grouped(results)} results` : `${grouped(sum)} in ${grouped(results)} rows`;
  return results > 0 ? `${grouped(sent)} sent, ${told}` : `${grouped(sent)} sent`;
}
