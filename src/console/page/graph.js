import { byId, say, svg } from './dom.js';
import { short } from './format.js';

/** @typedef {import('../snapshot.ts').PipelineOutline} PipelineOutline */
/** @typedef {import('../snapshot.ts').GraphNode} GraphNode */

const NODE = { width: 196, height: 46 };
const GAP = { x: 118, y: 22 };
const EDGE_MARGIN = 8;

/**
 * The plan from left to right, with how much goes along each edge.
 *
 * @param {PipelineOutline} outline
 */
export function graphOf(outline) {
  const places = placesOf(outline.nodes);
  const width = Math.max(...[...places.values()].map(({ x }) => x)) + NODE.width + EDGE_MARGIN;
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + NODE.height + EDGE_MARGIN;
  const edges = outline.edges.map(({ id, from, to, label }) => {
    const [a, b] = [places.get(from), places.get(to)];
    const rate = svg('text', { class: 'rate' }, '');
    if (a === undefined || b === undefined) return { id, rate, path: svg('path') };
    const [x1, y1] = [a.x + NODE.width, a.y + NODE.height / 2];
    const [x2, y2] = [b.x, b.y + NODE.height / 2];
    const middle = x2 - GAP.x / 2;
    const d = `M${x1} ${y1} H${x2 - GAP.x} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
    const path = svg('path', { class: 'edge', d }, svg('title', {}, label || `${from} to ${to}`));
    // Near where it begins: edges that end at one place begin at several.
    rate.setAttribute('x', String(x2 - GAP.x * 0.66));
    rate.setAttribute('y', String(y1 - 8));
    return { id, rate, path };
  });
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width },
    ...edges.map(({ path }) => path),
    ...outline.nodes.map((node) => nodeOf(node, places.get(node.id) ?? { x: 0, y: 0 })),
    ...edges.map(({ rate }) => rate),
  );
  byId('graph').replaceChildren(picture);
  byId('graph').setAttribute('aria-label', wordsFor(outline));
  /** @param {Readonly<Record<string, number>>} rates */
  const show = (rates) => {
    for (const { id, rate, path } of edges) {
      const perSecond = rates[id] ?? 0;
      say(rate, id in rates ? `${short(perSecond)}/s` : '');
      path.setAttribute('stroke-width', String(1.2 + Math.min(5, Math.log10(1 + perSecond) * 1.6)));
      path.classList.toggle('flows', perSecond > 0);
    }
  };
  return { show };
}

/** @param {readonly GraphNode[]} nodes */
function placesOf(nodes) {
  const columns = Map.groupBy(nodes, ({ column }) => column);
  const tallest = Math.max(...[...columns.values()].map((column) => column.length));
  const step = NODE.height + GAP.y;
  return new Map(
    [...columns].flatMap(([column, inIt]) =>
      inIt.map(({ id }, n) => {
        const top = ((tallest - inIt.length) * step) / 2;
        return [
          id,
          { x: EDGE_MARGIN + column * (NODE.width + GAP.x), y: EDGE_MARGIN + top + n * step },
        ];
      }),
    ),
  );
}

/** @param {GraphNode} node @param {{ x: number, y: number }} place */
function nodeOf({ kind, name, detail }, { x, y }) {
  return svg(
    'g',
    { class: `node ${kind}`, transform: `translate(${x} ${y})` },
    svg('title', {}, `${name}: ${detail}`),
    svg('rect', { width: NODE.width, height: NODE.height, rx: kind === 'stream' ? 23 : 8 }),
    svg('text', { class: 'name', x: 16, y: 19 }, cut(name, 24)),
    svg('text', { class: 'detail', x: 16, y: 35 }, cut(detail, 30)),
  );
}

/** @param {string} text @param {number} length */
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** @param {PipelineOutline} outline */
const wordsFor = ({ nodes, edges }) =>
  `The plan as a graph: ${edges
    .map(({ from, to }) => `${nameOf(nodes, from)} to ${nameOf(nodes, to)}`)
    .join(', ')}`;

/** @param {readonly GraphNode[]} nodes @param {string} id */
const nameOf = (nodes, id) => nodes.find((node) => node.id === id)?.name ?? id;
