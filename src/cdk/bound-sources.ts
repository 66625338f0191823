import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import { kinesisSource } from './kinesis-source.ts';
import type { PipelineProps } from './pipeline-props.ts';
import type { BoundSource, SourceBinding, SourceContext } from './source-binding.ts';

export type BoundSources = Readonly<Record<string, BoundSource>>;

/** What the parts of a pipeline are called: a source of such a name has another scope. */
const PARTS: readonly string[] = [
  'Tables',
  'GivenUp',
  'Gather',
  'Fire',
  'Results',
  'LateEvents',
  'DeadLetters',
  'Lookups',
  'ControlStream',
  'Tick',
  'Alarms',
  'Dashboard',
];

/**
 * Binds every source of the plan, each in a scope under its name.
 *
 * @throws ConfigurationError SOURCE_DUPLICATE for a stream that is given as two sources
 */
export function bindSources(
  scope: Construct,
  { plan, sources, mapping }: Pick<PipelineProps, 'plan' | 'sources' | 'mapping'>,
  context: Omit<SourceContext, 'name'>,
): BoundSources {
  const bound = plan.sources.map(({ name }) => {
    const binding = bindingOf(name, sources[name] as PipelineProps['sources'][string], mapping);
    // No source has a colon in its name.
    const own = new Construct(scope, PARTS.includes(name) ? `Source:${name}` : name);
    return [name, binding.bind(own, { name, ...context })] as const;
  });
  checkDifferent(scope, bound);
  return Object.fromEntries(bound);
}

/** Lambda maps a stream to a function once, and the function takes a batch for one source. */
function checkDifferent(
  scope: Construct,
  bound: readonly (readonly [name: string, source: BoundSource])[],
): void {
  const known = new Map<string, string>();
  for (const [name, { resource }] of bound) {
    const { kind, name: where } = resource;
    const which = JSON.stringify(Stack.of(scope).resolve([kind, where]));
    const other = known.get(which);
    if (other !== undefined) throw duplicate(other, name);
    known.set(which, name);
  }
}

const duplicate = (one: string, other: string): ConfigurationError =>
  new ConfigurationError(
    'SOURCE_DUPLICATE',
    `one stream is given as the sources "${one}" and "${other}", and only one of them would get its records`,
    'Read it as one stream in the plan: several stages, and both sides of a join, may begin with it.',
  );

function bindingOf(
  name: string,
  source: PipelineProps['sources'][string],
  mapping: PipelineProps['mapping'],
): SourceBinding {
  if (!('bind' in source)) return kinesisSource(source, mapping);
  if (mapping === undefined) return source;
  throw new ConfigurationError(
    'MAPPING_INVALID',
    `\`mapping\` would not be that of the source ${name}, which has settings of its own`,
    `Give them to it: sources: { ${name}: kinesisSource(stream, { ... }) }, and leave out \`mapping\`.`,
  );
}
