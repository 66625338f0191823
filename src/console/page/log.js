import { byId, h, say } from './dom.js';
import { clock } from './format.js';

/** @typedef {import('../snapshot.ts').LogLine} LogLine */

const LINES_MAX = 40;

/** @param {readonly LogLine[]} lines the newest first @param {number} _now */
export function showLog(lines, _now) {
  const list = byId('log');
  const shown = lines.slice(0, LINES_MAX);
  while (list.children.length < shown.length) {
    list.append(h('li', {}, h('time', {}), h('span', {})));
  }
  while (list.children.length > shown.length) list.lastElementChild?.remove();
  for (const [n, { at, level, text }] of shown.entries()) {
    const item = list.children[n];
    const [time, words] = item?.children ?? [];
    if (item) item.className = level;
    if (time) say(time, clock(at));
    if (words) say(words, text);
  }
}
