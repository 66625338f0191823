import { createRequire } from 'node:module';
import type { IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** As much of the rules of cdk-nag as is used here. */
interface Checks extends IPolicyValidationPlugin {
  /** Of one part of an app. */
  validateScope(scope: IConstruct): PolicyValidationPluginReport;
}

/**
 * AwsSolutions of cdk-nag. Taken without its declarations, which import all of aws-cdk-lib, a million
 * lines, into every type check.
 */
export const { AwsSolutionsChecks } = createRequire(import.meta.url)('cdk-nag') as {
  readonly AwsSolutionsChecks: new (
    scope: IConstruct,
    options?: { readonly verbose?: boolean },
  ) => Checks;
};
