import { formatDuration } from '../time/duration.ts';
import { describeJson, type StreamDescription } from './describe-json.ts';
import type { From, Plan } from './plan.ts';

/** The plan as a diagram for Mermaid (https://mermaid.js.org), which Markdown on GitHub draws. */
export function describeMermaid(plan: Plan): string {
  const { streams, stages } = describeJson(plan);
  const outputs = stages.flatMap((one) => one.outputs);
  const sinks = new Map(outputs.map(({ to }) => [`${to.kind} ${to.name}`, to]));
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
    ...stages.flatMap(({ inputs, outputs }, n) => [
      ...inputs.map(({ from, steps }) => `  ${begin(from)} ${arrow(steps)} stage${n}`),
      ...outputs.map(({ steps, to }) => {
        return `  stage${n} ${arrow(steps)} ${sink(`${to.kind} ${to.name}`)}`;
      }),
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

const arrow = (steps: readonly string[]): string =>
  steps.length > 0 ? `-->|${label(steps.join(' > '))}|` : '-->';

const label = (...lines: readonly string[]): string =>
  `"${lines.join('<br/>').replaceAll('"', '#quot;')}"`;
