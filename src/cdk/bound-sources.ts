import { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import { kinesisSource } from './kinesis-source.ts';
import type { PipelineProps } from './pipeline-props.ts';
import type { BoundSource, SourceBinding, SourceContext } from './source-binding.ts';

export type BoundSources = Readonly<Record<string, BoundSource>>;

/** Binds every source of the plan, each in a scope under its name. */
export function bindSources(
  scope: Construct,
  { plan, sources, mapping }: Pick<PipelineProps, 'plan' | 'sources' | 'mapping'>,
  context: Omit<SourceContext, 'name'>,
): BoundSources {
  const bound = plan.sources.map(({ name }) => {
    const binding = bindingOf(name, sources[name] as PipelineProps['sources'][string], mapping);
    return [name, binding.bind(new Construct(scope, name), { name, ...context })] as const;
  });
  return Object.fromEntries(bound);
}

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
