import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Duration } from 'aws-cdk-lib/core';
import type { Plan, StagePlan } from '../topology/plan.ts';
import { streamsOf } from '../topology/plan.ts';
import type { AnyTable } from './tables.ts';

/** What alarms and a dashboard look at: a Pipeline, or whatever else runs a plan. */
export interface WatchedPipeline {
  readonly plan: Plan;
  /** By which name its functions tell metrics, as one plan may run in several places. */
  readonly pipelineName: string;
  readonly gather: WatchedFunction;
  readonly fire: WatchedFunction;
  readonly sources: readonly WatchedSource[];
  readonly control: AnyTable;
  readonly state: AnyTable;
  /** Those places for results and letters that are tables, by what they are called. */
  readonly sinkTables: Readonly<Record<string, AnyTable>>;
  /** Where triggers leave what they give up. */
  readonly givenUp?: sqs.IQueue;
  readonly tickEvery: Duration;
}

/** A function that alarms and a dashboard look at. */
export interface WatchedFunction {
  readonly function: lambda.IFunction;
  readonly memoryMb: number;
}

/** A log that alarms and a dashboard look at. */
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

/** The tables that the functions read as well as write. */
export const stateTables = ({ control, state }: WatchedPipeline): [string, AnyTable][] => [
  ['control', control],
  ['state', state],
];

/** All tables that the functions write. */
export const writtenTables = (pipeline: WatchedPipeline): [string, AnyTable][] => [
  ...stateTables(pipeline),
  ...Object.entries(pipeline.sinkTables),
];
