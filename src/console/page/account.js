import { byId, h, say } from './dom.js';
import { grouped } from './format.js';

/** @typedef {import('../snapshot.ts').PipelineSnapshot} PipelineSnapshot */
/** @typedef {import('../snapshot.ts').Account} Account */

const PARTS = /** @type {const} */ ([
  ['counted', 'counted in results', 'counted'],
  ['kept', 'in open windows', 'kept'],
  ['filtered', 'filtered', 'filtered'],
  ['late', 'late', 'late'],
  ['deadLetters', 'dead letters', 'dead'],
  ['waiting', 'on their way', 'waiting'],
]);

let shownFor = '';
/** @type {((account: Account) => void)[]} */
let rows = [];

/** Of each stage that reads streams, an equation. @param {PipelineSnapshot} pipeline */
export function showAccounts({ name, stages }) {
  const key = [name, ...stages.map((stage) => stage.name)].join();
  if (key !== shownFor) {
    shownFor = key;
    const made = stages.map((stage) =>
      accountRow(stage.name, stage.account.counted !== null, stages.length > 1),
    );
    byId('accounts').replaceChildren(...made.map(({ element }) => element));
    rows = made.map(({ show }) => show);
  }
  for (const [n, { account }] of stages.entries()) rows[n]?.(account);
}

/**
 * @param {string} stage
 * @param {boolean} isCounted
 * @param {boolean} isNamed
 */
function accountRow(stage, isCounted, isNamed) {
  const sent = figure('sent', 'sent');
  const parts = PARTS.filter(([part]) => isCounted || part !== 'counted').map(
    ([part, label, look]) => {
      const text = part === 'kept' && !isCounted ? 'in results or kept for them' : label;
      return { part, ...figure(text, look) };
    },
  );
  const verdict = h('p', { class: 'verdict' });
  const bar = h('div', { class: 'bar', 'aria-hidden': true });
  const pieces = parts.map(({ part }) => bar.appendChild(h('span', { class: `piece ${part}` })));
  const element = h(
    'div',
    { class: 'account' },
    ...(isNamed ? [h('h3', {}, stage)] : []),
    h(
      'div',
      { class: 'equation' },
      sent.element,
      ...parts.flatMap(({ element }, n) => [
        h('span', { class: 'sign', 'aria-hidden': true }, n === 0 ? '=' : '+'),
        element,
      ]),
      verdict,
    ),
    bar,
  );
  /** @param {Account} account */
  const show = (account) => {
    say(sent.value, grouped(account.sent));
    let sum = 0;
    for (const [n, { part, value }] of parts.entries()) {
      const count = account[part] ?? 0;
      sum += count;
      say(value, grouped(count));
      const piece = pieces[n];
      if (piece) piece.style.flexGrow = String(count);
    }
    const isWhole = sum === account.sent && parts.every(({ part }) => (account[part] ?? 0) >= 0);
    verdict.className = `verdict ${isWhole ? 'whole' : 'open'}`;
    say(verdict, isWhole ? '✓ nothing lost' : 'being read again…');
  };
  return { element, show };
}

/** @param {string} label @param {string} look */
function figure(label, look) {
  const value = h('strong', {}, '…');
  const element = h(
    'span',
    { class: `figure ${look}` },
    value,
    h('span', { class: 'label' }, label),
  );
  return { element, value };
}
