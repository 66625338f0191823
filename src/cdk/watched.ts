import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Plan, StagePlan } from '../topology/plan.ts';
import { streamsOf } from '../topology/plan.ts';
import type { AnyTable } from './tables.ts';

/** What alarms and a dashboard look at: a Pipeline, or whatever else runs a plan. */
export interface WatchedPipeline {
  readonly plan: Plan;
  readonly gather: WatchedFunction;
  readonly fire: WatchedFunction;
  readonly sources: readonly WatchedSource[];
  /** Control, state, results, letters: those that are tables, by what they are called. */
  readonly tables: Readonly<Record<string, AnyTable>>;
  /** Where triggers leave what they give up. */
  readonly givenUp?: sqs.IQueue;
  readonly tickEvery: Duration;
}

export interface WatchedFunction {
  readonly function: lambda.IFunction;
  readonly memoryMb: number;
}

export interface WatchedSource {
  readonly name: string;
  /** How long the log keeps a record. */
  readonly retention: Duration;
  readonly incomingRecords?: cloudwatch.IMetric;
}

/** The stages that gather: they have batches, lanes and a watermark of their own. */
export const gatheringStages = ({ stages }: Plan): StagePlan[] =>
  stages.filter((stage) => streamsOf(stage).length > 0);

/** The stages that fire: those without keys send results on while they gather. */
export const firingStages = ({ stages }: Plan): StagePlan[] =>
  stages.filter(({ buckets }) => buckets > 0);
