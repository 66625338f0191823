import { showAccounts } from './account.js';
import { startControls } from './controls.js';
import { startDashboard } from './dashboard.js';
import { byId, say } from './dom.js';
import { clock } from './format.js';
import { graphOf } from './graph.js';
import { showLanes } from './lanes.js';
import { showLetters } from './letters.js';
import { showLog } from './log.js';
import { pipelineTabs } from './pipelines.js';
import { startPushed } from './pushed.js';
import { showResults } from './results.js';
import { scatterChart } from './scatter.js';
import { showWindows } from './windows.js';

/** @typedef {import('../snapshot.ts').Snapshot} Snapshot */
/** @typedef {import('../snapshot.ts').PipelineOutline} PipelineOutline */
/** @typedef {import('../snapshot.ts').PushedOutline} PushedOutline */

/** @type {[PipelineOutline[], PushedOutline | null]} */
const [outlines, pushedOutline] = await Promise.all([told('/outlines'), told('/pushed')]);

/** Which pipeline is looked at; kept in the address, so that a reload stays there. */
let chosen = decodeURIComponent(location.hash.slice(1));
if (!outlines.some(({ name }) => name === chosen)) chosen = outlines[0]?.name ?? '';

const tabs = pipelineTabs(
  outlines.map(({ name }) => name),
  choose,
);
const scatter = scatterChart(byId('scatter'));
const controls = startControls(() => chosen, repaint);
const dashboard = startDashboard(() => chosen);
const pushed = startPushed(pushedOutline);
pushed.choose(chosen);
let graph = graphOf(outlineOf(chosen));

/** @type {EventSource | undefined} */
let live;
listen();

/** @param {string} path */
async function told(path) {
  return (await fetch(path)).json();
}

/** @param {string} name */
function outlineOf(name) {
  const found = outlines.find((outline) => outline.name === name);
  if (found === undefined) throw new Error(`there is no pipeline ${name}`);
  return found;
}

/** @param {string} name */
function choose(name) {
  if (name === chosen) return;
  chosen = name;
  history.replaceState(null, '', `#${encodeURIComponent(name)}`);
  graph = graphOf(outlineOf(name));
  pushed.choose(name);
  listen();
  dashboard.change();
}

/** From the beginning: all points come again. */
function listen() {
  live?.close();
  scatter.clear();
  live = new EventSource(`/live?pipeline=${encodeURIComponent(chosen)}`);
  let isFirst = true;
  live.onmessage = ({ data }) => {
    // After a broken connection the server tells all of it once more.
    if (isFirst) scatter.clear();
    isFirst = false;
    show(JSON.parse(data));
  };
  live.onerror = () => {
    isFirst = true;
    controls.say('The console has no connection: has npm start ended?');
  };
}

/** @param {Snapshot} snapshot */
function show(snapshot) {
  const { traffic, pipelines, pipeline, at } = snapshot;
  if (pipeline.name !== chosen) return;
  controls.show(traffic);
  say(byId('clock-time'), traffic.clock === null ? '…' : clock(traffic.clock));
  tabs.show(pipelines, chosen);
  showAccounts(pipeline);
  graph.show(pipeline.rates);
  scatter.add(pipeline, traffic);
  showLanes(pipeline.stages);
  showWindows(pipeline);
  showResults(pipeline.sinks);
  showLetters(pipeline);
  showLog(pipeline.log, at);
  const { costPerMillion } = pipeline;
  say(byId('cost'), costPerMillion === null ? '…' : `$${costPerMillion.toFixed(2)}`);
}

/** In the colours of another theme. */
function repaint() {
  scatter.repaint();
  dashboard.change();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
