import { byId, say, table } from './dom.js';
import { grouped, instant } from './format.js';

/** @typedef {import('../snapshot.ts').StageSnapshot} StageSnapshot */

const lanes = table('Shards, their positions and watermarks', [
  { name: 'Shard', class: 'lane' },
  { name: 'Watermark', class: 'time' },
  { name: 'Waiting', class: 'number' },
  { name: 'State', class: 'state' },
]);
const summary = document.createElement('p');
summary.className = 'note held';
byId('lanes').append(summary, lanes.element);

/** @param {readonly StageSnapshot[]} stages */
export function showLanes(stages) {
  const rows = stages.flatMap((stage) => stage.lanes.map((lane) => ({ stage, lane })));
  rows.sort((a, b) => Number(a.lane.state === 'ended') - Number(b.lane.state === 'ended'));
  const isOne = new Set(rows.map(({ lane }) => lane.stream)).size < 2;
  const slowest = rows.find(({ lane }) => lane.isSlowest);
  say(
    summary,
    slowest === undefined
      ? 'No watermark yet: it takes an event of every shard.'
      : `${slowest.lane.label} holds the stage back: ${slowest.lane.why}.`,
  );
  lanes.show(
    rows.map(({ lane, stage }) => ({
      class: `${lane.state}${lane.isSlowest ? ' slowest' : ''}`,
      title: `${stage.name}: position ${lane.position || 'none'}\n${lane.why}`,
      cells: [
        isOne ? lane.label : `${lane.stream} ${lane.label}`,
        lane.watermark === null ? 'none yet' : instant(lane.watermark).slice(5),
        grouped(lane.waiting),
        lane.isSlowest ? `${lane.state}, slowest` : lane.state,
      ],
    })),
  );
}
