import { byId, h, say, table } from './dom.js';
import { clock, grouped } from './format.js';

/** @typedef {import('../snapshot.ts').PipelineSnapshot} PipelineSnapshot */

const letters = table('Records that are in no result', [
  { name: 'At', class: 'time' },
  { name: 'Reason', class: 'reason' },
  { name: 'Record', class: 'value' },
]);
const none = h('p', { class: 'note' }, 'None so far.');
byId('letters').append(none, letters.element);

const LATE = /** @type {const} */ ([
  ['dropped', 'late, dropped and counted'],
  ['keptAside', 'late, kept aside'],
  ['allowed', 'late, in a result all the same'],
]);
const sums = LATE.map(([part, label]) => {
  const value = h('strong', {}, '0');
  return {
    part,
    value,
    element: h('span', { class: `figure ${part}` }, value, h('span', { class: 'label' }, label)),
  };
});
const reasonsOf = h('p', { class: 'note reasons' });
byId('late-sums').append(...sums.map(({ element }) => element), reasonsOf);

/** @param {PipelineSnapshot} pipeline */
export function showLetters({ late, letters: shown, reasons }) {
  for (const { part, value } of sums) say(value, grouped(late[part]));
  const words = Object.entries(reasons).map(([reason, count]) => `${reason} ${grouped(count)}`);
  say(
    reasonsOf,
    words.length === 0 ? 'No letters yet.' : `Letters by reason: ${words.join(' · ')}`,
  );
  none.hidden = shown.length > 0;
  letters.element.hidden = shown.length === 0;
  letters.show(
    shown.map(({ at, reason, detail, text, place, lane, position }) => ({
      class: place === null ? 'dead' : 'aside',
      title: `${detail}\n${lane}, position ${position}`,
      cells: [clock(at), place === null ? reason : `${reason}, in ${place}`, text],
    })),
  );
}
