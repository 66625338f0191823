import { type ResourceEnvironment, Stack, Token, TokenComparison } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';

/**
 * Refuses what is known to lie in another account or region: functions know it by its name alone, and would
 * look for it, or find another one of that name, in their own.
 *
 * @throws ConfigurationError RESOURCE_ELSEWHERE
 */
export function checkWhereabouts(
  scope: Construct,
  what: string,
  { env }: { readonly env: ResourceEnvironment },
): void {
  const stack = Stack.of(scope);
  for (const place of ['account', 'region'] as const) {
    if (Token.compareStrings(env[place], stack[place]) !== TokenComparison.DIFFERENT) continue;
    throw new ConfigurationError(
      'RESOURCE_ELSEWHERE',
      `${what} lies in the ${place} ${env[place]}, and the functions run in ${stack[place]}`,
      `Deploy the pipeline to where it lies, or bring its data into the ${place} of the pipeline.`,
    );
  }
}
