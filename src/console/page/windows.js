import { byId, h, say } from './dom.js';
import { clock, grouped, minute } from './format.js';

/** @typedef {import('../snapshot.ts').PipelineSnapshot} PipelineSnapshot */
/** @typedef {import('../snapshot.ts').WindowSnapshot} WindowSnapshot */

const list = h('ol', { class: 'windows' });
const note = h('p', { class: 'note' }, '');
byId('windows').append(note, list);

/** @type {Map<number, ReturnType<typeof windowItem>>} */
const items = new Map();

/** Windows on their way, the newest first. @param {PipelineSnapshot} pipeline */
export function showWindows({ windows, windowsOf, windowsAre }) {
  say(byId('windows-of'), windowsOf);
  const words = wordsOf(windows.length, windowsAre);
  say(note, words);
  note.hidden = words === '';
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

/** @param {number} count @param {PipelineSnapshot['windowsAre']} windowsAre */
function wordsOf(count, windowsAre) {
  if (windowsAre === 'slices') return WITHOUT_WINDOWS;
  return count > 0 ? '' : 'No window has opened yet.';
}

const WITHOUT_WINDOWS =
  'Keeps state by key, no windows. Below is what is due next: each line is 10 seconds of event time, closed when the keys with something due in them have been looked at.';

/** @param {WindowSnapshot} window */
function windowItem({ start, end }) {
  const fill = h('span', { class: 'fill' });
  const state = h('span', { class: 'state' });
  const figures = h('span', { class: 'figures' });
  const span = h('span', { class: 'span' }, spanOf(start, end));
  const element = h('li', {}, span, h('span', { class: 'track' }, fill), state, figures);
  /** @param {WindowSnapshot} window */
  const show = (window) => {
    // Of another pipeline what ends then may begin at another time.
    say(span, spanOf(window.start, window.end));
    element.className = window.state;
    fill.style.transform = `scaleX(${window.progress})`;
    say(state, window.state);
    say(figures, figuresOf(window));
  };
  return { element, show };
}

/** `12:05–12:10`, or `12:05:20–30`. @param {number} start @param {number} end */
const spanOf = (start, end) =>
  end - start < 60_000
    ? `${clock(start)}–${clock(end).slice(6)}`
    : `${minute(start)}–${minute(end)}`;

/** @param {WindowSnapshot} window */
function figuresOf({ sent, results, sum }) {
  const told =
    sum === null ? `${grouped(results)} results` : `${grouped(sum)} in ${grouped(results)} rows`;
  return results > 0 ? `${grouped(sent)} sent, ${told}` : `${grouped(sent)} sent`;
}
