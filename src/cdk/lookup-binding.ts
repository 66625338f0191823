import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Resource } from '../environment.ts';

/**
 * Where rows are looked up: a kind of table as a deployment sees it. Whoever has another kind implements
 * this, and opens its resource in the handler (see fromEnvironment).
 */
export interface LookupBinding {
  /** Called once, with a scope of its own. Lets `reader`, the function that gathers, read. */
  bind(scope: Construct, context: LookupContext): BoundLookup;
}

/** What a table of rows is bound to. */
export interface LookupContext {
  /** Its name in the plan. */
  readonly name: string;
  readonly reader: lambda.Function;
}

/** What became of a table of rows. */
export interface BoundLookup {
  /** What the handler is told. */
  readonly resource: Resource;
}
