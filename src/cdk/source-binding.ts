import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Resource } from '../environment.ts';

/**
 * How a source of the plan comes in: a kind of log as a deployment sees it. Whoever has another kind
 * of log implements this, and opens its resource in the handler (see fromEnvironment).
 */
export interface SourceBinding {
  /**
   * Called once, with a scope of its own. Makes the trigger that invokes `gather` with the log's
   * records, and lets both functions read the log: `gather` to register lanes, `fire`, which also
   * ticks, to prove them idle.
   */
  bind(scope: Construct, context: SourceContext): BoundSource;
}

/** What a source is bound to. */
export interface SourceContext {
  /** Its name in the plan. */
  readonly name: string;
  readonly gather: lambda.Function;
  readonly fire: lambda.Function;
  /** Where a trigger leaves what it gives up. */
  readonly givenUp: lambda.IEventSourceDlq;
}

/** What became of a source. */
export interface BoundSource {
  /** What the handler is told. */
  readonly resource: Resource;
  /** How many invocations of `gather` run at once when all of it is busy; `undefined`: nobody knows. */
  readonly lanes: number | undefined;
  /** How long the log keeps a record. */
  readonly retention: Duration;
  /** Records that come into the log, for the dashboard. */
  readonly incomingRecords?: cloudwatch.IMetric;
}
