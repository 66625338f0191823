import { formatDuration } from '../time/duration.ts';
import { describeJson, type InputDescription, type StreamDescription } from './describe-json.ts';
import type { From, Plan } from './plan.ts';
import { checkPlan } from './plan-check.ts';

/**
 * The plan as a diagram for Mermaid (https://mermaid.js.org), which Markdown on GitHub draws.
 *
 * @throws PlanError PLAN_INVALID
 */
export function describeMermaid(plan: Plan): string {
  checkPlan('describeMermaid()', plan);
  const { streams, stages } = describeJson(plan);
  const outputs = stages.flatMap((one) => one.outputs);
  const late = stages.flatMap(({ late: { sideOutput } }) =>
    sideOutput === null ? [] : [{ kind: 'late', name: sideOutput }],
  );
  const places = [...outputs.map(({ to }) => to), ...late];
  const sinks = new Map(places.map((one) => [`${one.kind} ${one.name}`, one]));
  const stream = idsOf(
    'stream',
    streams.map(({ name }) => name),
  );
  const stage = idsOf(
    'stage',
    stages.map(({ name }) => name),
  );
  const begin = ({ kind, name }: From): string => (kind === 'stream' ? stream(name) : stage(name));
  const sink = idsOf('sink', [...sinks.keys()]);
  return [
    'flowchart LR',
    ...streams.map((one) => `  ${stream(one.name)}[/${label(one.name, ...timeOf(one))}/]`),
    ...stages.map(({ name, operator }, n) => `  stage${n}[${label(name, operator)}]`),
    ...[...sinks].map(([id, { kind, name }]) => `  ${sink(id)}[(${label(name, kind)})]`),
    ...stages.flatMap(({ inputs, outputs, late }, n) => [
      ...inputs.map((input) => `  ${begin(input.from)} ${arrow(wayIn(inputs, input))} stage${n}`),
      ...outputs.map(({ tag, steps, to }) => {
        return `  stage${n} ${arrow(way(tag, steps))} ${sink(`${to.kind} ${to.name}`)}`;
      }),
      ...(late.sideOutput === null ? [] : [`  stage${n} -.-> ${sink(`late ${late.sideOutput}`)}`]),
    ]),
  ].join('\n');
}

/** Names may hold what Mermaid reads as syntax, so each thing gets a plain name of its own. */
const idsOf =
  (prefix: string, names: readonly string[]) =>
  (name: string): string =>
    `${prefix}${names.indexOf(name)}`;

function timeOf({ time, outOfOrdernessMs }: StreamDescription): string[] {
  if (time === 'processing') return ['processing time'];
  const order = `out of order by ${formatDuration(outOfOrdernessMs)}`;
  return time === 'arrival' ? ['arrival time', order] : [order];
}

const arrow = (text: string): string => (text === '' ? '-->' : `-->|${label(text)}|`);

const way = (tag: string | undefined, steps: readonly string[]): string =>
  [...(tag === undefined ? [] : [tag]), ...steps].join(' > ');

/** Which input it is, where an operator has several. */
function wayIn(all: readonly InputDescription[], { from, steps, side }: InputDescription): string {
  const text = way(from.tag, steps);
  return all.some((input) => input.side > 0) ? `${text} (input ${side})` : text;
}

const label = (...lines: readonly string[]): string =>
  `"${lines.join('<br/>').replaceAll('"', '#quot;')}"`;
