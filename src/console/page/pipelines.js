import { byId, h, say } from './dom.js';
import { short } from './format.js';

/** @typedef {import('../snapshot.ts').PipelineLine} PipelineLine */

const HEALTH = {
  starting: 'starting',
  ok: 'running',
  behind: 'behind',
  failing: 'failing',
};

/**
 * One button a pipeline, with how it does.
 *
 * @param {readonly string[]} names
 * @param {(name: string) => void} choose
 */
export function pipelineTabs(names, choose) {
  const tabs = new Map(
    names.map((name) => {
      const dot = h('span', { class: 'dot starting', 'aria-hidden': true });
      const figures = h('span', { class: 'figures' }, '…');
      const button = h(
        'button',
        { type: 'button' },
        dot,
        h('span', { class: 'name' }, name),
        figures,
      );
      button.addEventListener('click', () => choose(name));
      return [name, { button, dot, figures }];
    }),
  );
  byId('pipelines').replaceChildren(...[...tabs.values()].map(({ button }) => button));
  /**
   * @param {readonly PipelineLine[]} lines
   * @param {string} chosen
   */
  const show = (lines, chosen) => {
    for (const { name, health, perSecond, results } of lines) {
      const tab = tabs.get(name);
      if (tab === undefined) continue;
      tab.dot.className = `dot ${health}`;
      tab.button.setAttribute('aria-current', String(name === chosen));
      tab.button.title = `${name} is ${HEALTH[health]}`;
      say(tab.figures, `${short(perSecond)}/s in · ${short(results)} out`);
    }
  };
  return { show };
}
