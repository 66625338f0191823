import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import { lookupsOf } from '../topology/lookup.ts';
import type { BoundLookup } from './lookup-binding.ts';
import type { PipelineProps } from './pipeline-props.ts';
import { tableLookup } from './table-lookup.ts';

export type BoundLookups = Readonly<Record<string, BoundLookup>>;

/**
 * Binds every table that the plan looks rows up in.
 *
 * @throws ConfigurationError LOOKUP_MISSING
 */
export function bindLookups(
  scope: Construct,
  { plan, lookups = {} }: Pick<PipelineProps, 'plan' | 'lookups'>,
  reader: lambda.Function,
): BoundLookups {
  const under = new Construct(scope, 'Lookups');
  const bound = lookupsOf(plan).map((name) => {
    const given = lookups[name];
    if (given === undefined) throw noTable(name);
    const binding = 'bind' in given ? given : tableLookup(given);
    return [name, binding.bind(new Construct(under, name), { name, reader })] as const;
  });
  return Object.fromEntries(bound);
}

const noTable = (name: string): ConfigurationError =>
  new ConfigurationError(
    'LOOKUP_MISSING',
    `the plan looks rows up in "${name}", and no such table is given`,
    `Give the table: lookups: { ${JSON.stringify(name)}: table }.`,
  );
