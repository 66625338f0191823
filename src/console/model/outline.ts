import { formatDuration } from '../../time/duration.ts';
import { describeJson, type StageDescription } from '../../topology/describe-json.ts';
import type { Plan } from '../../topology/plan.ts';
import type { GraphEdge, GraphNode, PipelineOutline } from '../snapshot.ts';

export const edgeId = (from: string, to: string): string => `${from}>${to}`;

/** A plan as a graph from left to right: streams, stages, and what holds results. */
export function outlineOf(plan: Plan): PipelineOutline {
  const { pipeline, streams, stages } = describeJson(plan);
  const columns = columnsOf(stages);
  const nodes: GraphNode[] = [
    ...streams.map(({ name, outOfOrdernessMs }) => ({
      ...{ id: `stream ${name}`, kind: 'stream' as const, name, column: 0 },
      detail: `stream, out of order by ${formatDuration(outOfOrdernessMs)}`,
    })),
    ...stages.map(({ name, operator }) => ({
      ...{ id: `stage ${name}`, kind: 'stage' as const, name, detail: operator },
      column: columns.get(name) ?? 1,
    })),
    ...placesOf(stages, columns),
  ];
  return { name: pipeline, stages: stages.map(({ name }) => name), nodes, edges: edgesOf(stages) };
}

/** Each stage stands to the right of all that it reads. */
function columnsOf(stages: readonly StageDescription[]): Map<string, number> {
  const columns = new Map<string, number>();
  for (const { name, inputs } of stages) {
    const before = inputs.map(({ from }) =>
      from.kind === 'stage' ? (columns.get(from.name) ?? 0) : 0,
    );
    columns.set(name, Math.max(0, ...before) + 1);
  }
  return columns;
}

/** To the right of the stage that fills it. */
function placesOf(
  stages: readonly StageDescription[],
  columns: ReadonlyMap<string, number>,
): GraphNode[] {
  const places = stages.flatMap(({ name, outputs, late }) => [
    ...outputs.map(({ to, shape }) => ({
      column: (columns.get(name) ?? 0) + 1,
      ...{ id: `table ${to.name}`, name: to.name },
      ...(to.kind === 'push'
        ? { kind: 'push' as const, detail: 'pushed by WebSocket' }
        : { kind: 'table' as const, detail: `table of ${shape}` }),
    })),
    ...(late.sideOutput === null
      ? []
      : [
          {
            column: (columns.get(name) ?? 0) + 1,
            ...{ id: `late ${late.sideOutput}`, kind: 'late' as const, name: late.sideOutput },
            detail: 'late events',
          },
        ]),
  ]);
  return [...new Map(places.map((place) => [place.id, place])).values()];
}

function edgesOf(stages: readonly StageDescription[]): GraphEdge[] {
  const edges = stages.flatMap(({ name, inputs, outputs, late }) => {
    const stage = `stage ${name}`;
    const into = inputs.map(({ from, steps }) => edge(`${from.kind} ${from.name}`, stage, steps));
    const out = outputs.map(({ to, steps }) => edge(stage, `table ${to.name}`, steps));
    const aside = late.sideOutput === null ? [] : [edge(stage, `late ${late.sideOutput}`, [])];
    return [...into, ...out, ...aside];
  });
  return [...new Map(edges.map((one) => [one.id, one])).values()];
}

const edge = (from: string, to: string, steps: readonly string[]): GraphEdge => ({
  id: edgeId(from, to),
  from,
  to,
  label: steps.join(' › '),
});
