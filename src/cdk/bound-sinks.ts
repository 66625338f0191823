import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import { type Plan, sinksOf } from '../topology/plan.ts';
import { lateNames } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { objectSink, queueSink, topicSink } from './message-sinks.ts';
import type { PipelineProps } from './pipeline-props.ts';
import type { BoundSink, SinkBinding, SinkContext } from './sink-binding.ts';
import { streamSink } from './stream-sink.ts';
import { tableSink } from './table-sink.ts';
import type { AnyTable } from './tables.ts';

/** Everything that a pipeline writes to, besides its own tables. */
export interface BoundSinks {
  readonly results: Readonly<Record<string, BoundSink>>;
  readonly lateEvents: Readonly<Record<string, BoundSink>>;
  readonly deadLetters: BoundSink;
}

export interface Writers {
  readonly gather: lambda.Function;
  readonly fire: lambda.Function;
}

/**
 * Binds every sink of the plan, each in a scope under its name, and lets those functions write that do.
 *
 * @throws ConfigurationError SINK_MISSING for a sink that is not given, of a kind that is not created
 */
export function bindSinks(
  scope: Construct,
  props: PipelineProps,
  writers: Writers,
  deployment: Deployment,
): BoundSinks {
  const { plan, sinks = {}, lateEvents = {}, deadLetters, tables = {} } = props;
  const { gather, fire } = writers;
  const bind = (under: Construct, id: string, place: Place): BoundSink =>
    bindingOf(place).bind(new Construct(under, id), { ...place, deployment, tables });
  const bindAll = (id: string, places: readonly Place[]): Record<string, BoundSink> => {
    const under = new Construct(scope, id);
    return Object.fromEntries(places.map((place) => [place.name, bind(under, place.name, place)]));
  };
  const letters = { kind: 'table', holds: 'letters' } as const;
  return {
    results: bindAll(
      'Results',
      sinksOf(plan).map(({ sink: { name, kind }, shape }) => ({
        name,
        kind,
        holds: shape,
        writers: writersOf(plan, name, writers),
        chosen: sinks[name],
      })),
    ),
    lateEvents: bindAll(
      'LateEvents',
      lateNames(plan).map((name) => ({
        ...letters,
        name,
        writers: [gather],
        chosen: lateEvents[name],
      })),
    ),
    deadLetters: bind(scope, 'DeadLetters', {
      ...letters,
      name: 'dead letters',
      // Firing sets aside what the next stage cannot take.
      writers: [gather, fire],
      chosen: deadLetters,
    }),
  };
}

type Place = Pick<SinkContext, 'name' | 'holds' | 'writers'> & {
  readonly kind: string;
  readonly chosen: AnyTable | SinkBinding | undefined;
};

/** A stage without keys sends its results on while it gathers, all others when they fire. */
function writersOf({ stages }: Plan, sink: string, { gather, fire }: Writers): lambda.Function[] {
  const writing = stages.filter(({ outputs }) =>
    outputs.some((output) => output.sink.name === sink),
  );
  return [
    ...(writing.some(({ buckets }) => buckets === 0) ? [gather] : []),
    ...(writing.some(({ buckets }) => buckets > 0) ? [fire] : []),
  ];
}

/** What is created for a sink that is not given, by its kind. */
const CREATED: Readonly<Record<string, () => SinkBinding>> = {
  table: tableSink,
  stream: streamSink,
  queue: queueSink,
  topic: topicSink,
  objects: objectSink,
};

function bindingOf({ name, kind, chosen }: Place): SinkBinding {
  if (chosen !== undefined) return 'bind' in chosen ? chosen : tableSink(chosen);
  const byDefault = CREATED[kind]?.();
  if (byDefault !== undefined) return byDefault;
  throw new ConfigurationError(
    'SINK_MISSING',
    `the sink "${name}" is of kind "${kind}", which is not created by default`,
    `Give what it leads to: sinks: { ${JSON.stringify(name)}: ... }.`,
  );
}
