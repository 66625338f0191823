import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Resource } from '../environment.ts';
import type { TableContent } from '../schema/table-keys.ts';
import type { Deployment } from './deployment.ts';
import type { AnyTable, TableSettings } from './tables.ts';

/**
 * Where a sink of the plan leads: a kind of place for results, dead letters or late events as a
 * deployment sees it. Whoever has another kind implements this, and opens its resource in the handler
 * (see fromEnvironment).
 */
export interface SinkBinding {
  /** Called once, with a scope of its own. Makes or takes the place, and lets the writers write. */
  bind(scope: Construct, context: SinkContext): BoundSink;
}

/** What a sink is bound to. */
export interface SinkContext {
  /** Its name in the plan. */
  readonly name: string;
  /** What it gets: results of a shape, or letters. */
  readonly holds: Exclude<TableContent, 'protocol'>;
  readonly writers: readonly lambda.Function[];
  readonly deployment: Deployment;
  readonly tables: TableSettings;
}

/** What became of a sink. */
export interface BoundSink {
  /** What the handler is told. */
  readonly resource: Resource;
  /** The table, if it is one: its throttles and its cost are watched. */
  readonly table?: AnyTable;
  /** Lets somebody read what it holds. */
  grantRead(grantee: iam.IGrantable): void;
}
