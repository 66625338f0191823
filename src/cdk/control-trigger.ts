import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import type { Plan } from '../topology/plan.ts';
import { type Bounds, checkWhole } from './bounds.ts';
import { ACTIONS, grantOn } from './permissions.ts';
import type { AnyTable } from './tables.ts';

/** What may be chosen about how changes of buckets come. */
export interface FiringSettings {
  /** Buckets that one invocation fires, at most. Default 10. */
  readonly batchSize?: number;
  /**
   * Invocations at once for each shard of the control stream, 1 to 10. Default: one for ten buckets of
   * the stage that has most. A bucket is never fired out of order, and firing twice changes nothing.
   */
  readonly parallelizationFactor?: number;
}

export interface ControlTriggerProps {
  readonly plan: Plan;
  readonly control: AnyTable;
  readonly fire: lambda.Function;
  readonly givenUp: lambda.IEventSourceDlq;
  readonly settings: FiringSettings;
}

const BUCKETS_A_BATCH = 10;
const PARALLEL_MAX = 10;
const BATCH_SIZE: Bounds = [1, 10_000];
const PARALLEL: Bounds = [1, PARALLEL_MAX];

/**
 * Only items that say how far their bucket may be fired: claims and commits, which write the same
 * table, must not start a function.
 */
export const CONTROL_FILTER = { dynamodb: { NewImage: { target: { N: [{ exists: true }] } } } };

/** Starts the firing when a bucket's item changes. */
export class ControlTrigger extends Construct {
  /** @throws ConfigurationError SOURCE_MISSING if the control table has no stream; MAPPING_INVALID */
  constructor(scope: Construct, id: string, props: ControlTriggerProps) {
    super(scope, id);
    const { plan, control, fire, givenUp, settings } = props;
    const stream = control.tableStreamArn;
    if (stream === undefined) throw noStream();
    const { batchSize = BUCKETS_A_BATCH, parallelizationFactor } = settings;
    checkWhole('MAPPING_INVALID', 'batchSize of the firing', batchSize, BATCH_SIZE);
    const invocations = 'parallelizationFactor of the firing';
    checkWhole('MAPPING_INVALID', invocations, parallelizationFactor, PARALLEL);
    grantOn(fire, stream, ACTIONS.controlStream);
    new lambda.EventSourceMapping(this, 'Mapping', {
      target: fire,
      eventSourceArn: stream,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize,
      parallelizationFactor: parallelizationFactor ?? invocationsFor(plan),
      filters: [{ pattern: JSON.stringify(CONTROL_FILTER) }],
      // A bucket that there was no time for comes again, alone.
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // What is passed over is not lost: the tick fires what lags. So a bad invocation may hold the
      // others of its shard for an hour, not for a day.
      retryAttempts: -1,
      maxRecordAge: Duration.hours(1),
      onFailure: givenUp,
    });
  }
}

function invocationsFor({ stages }: Plan): number {
  const most = Math.max(0, ...stages.map(({ buckets }) => buckets));
  return Math.min(PARALLEL_MAX, Math.max(1, Math.ceil(most / BUCKETS_A_BATCH)));
}

const noStream = (): ConfigurationError =>
  new ConfigurationError(
    'SOURCE_MISSING',
    'the control table has no stream, which starts the firing',
    'Switch on its stream with NEW_IMAGE, and name it (tableStreamArn) where the table is brought in.',
  );
