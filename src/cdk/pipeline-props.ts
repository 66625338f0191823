import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IEventSourceDlq } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Duration } from 'aws-cdk-lib/core';
import type { Plan } from '../topology/plan.ts';
import type { AlarmSettings } from './alarms.ts';
import type { FiringSettings } from './control-trigger.ts';
import type { DashboardSettings } from './dashboard.ts';
import type { DeploymentStage } from './deployment.ts';
import type { MappingSettings } from './kinesis-source.ts';
import type { LookupBinding } from './lookup-binding.ts';
import type { CodeSettings, FunctionSettings } from './pipeline-function.ts';
import type { SinkBinding } from './sink-binding.ts';
import type { SourceBinding } from './source-binding.ts';
import type { AnyTable, TableSettings } from './tables.ts';

/** A plan, its handler, what it reads, and what of the rest is to be another than the default. */
export interface PipelineProps extends CodeSettings {
  readonly plan: Plan;
  /**
   * By which name metrics and log lines tell this pipeline from others of the account and region. Default:
   * the stack and where in it, such as `clicks-prod/Clickstream`.
   */
  readonly pipelineName?: string;
  /** Each source of the plan, by its name there: a Kinesis stream, or a binding of another kind. */
  readonly sources: Readonly<Record<string, kinesis.IStream | SourceBinding>>;
  /** Sinks of the plan that exist already or are of another kind, by name. Default: a table is created. */
  readonly sinks?: Readonly<Record<string, AnyTable | SinkBinding>>;
  /** The same for places of late events. */
  readonly lateEvents?: Readonly<Record<string, AnyTable | SinkBinding>>;
  /** Each table that the plan looks rows up in, by its name there. */
  readonly lookups?: Readonly<Record<string, AnyTable | LookupBinding>>;
  /** Where dead letters go. Default: a table is created. */
  readonly deadLetters?: AnyTable | SinkBinding;
  /** Control and state, such as a StateTables of your own. Default: both are created. */
  readonly stateTables?: { readonly control: AnyTable; readonly state: AnyTable };
  /** Whether data outlives the stack. Default `prod`: tables refuse to be deleted, and stay. */
  readonly stage?: DeploymentStage;
  /** For tables, queue and logs, in a stack whose region is named. Default: keys that AWS owns. */
  readonly encryptionKey?: kms.IKey;
  /** About the tables that are created. */
  readonly tables?: TableSettings;
  /** How batches of streams come, where a stream is given and not a binding. */
  readonly mapping?: MappingSettings;
  /**
   * Where the mappings of streams leave what they give up, which should be nothing. Default: the queue
   * that an alarm watches, without the records; an S3OnFailureDestination keeps the records too.
   */
  readonly onFailure?: IEventSourceDlq;
  /** How changes of buckets come. */
  readonly firing?: FiringSettings;
  /** The function that gathers. Default timeout 1 minute. */
  readonly gather?: FunctionSettings;
  /** The function that fires and ticks. Default timeout 5 minutes. */
  readonly fire?: FunctionSettings;
  /** Default 1 minute, at most 1 hour: how soon an idle shard is noticed, and a bucket that lags. */
  readonly tickEvery?: Duration;
  /** X-Ray. Default false. */
  readonly tracing?: boolean;
  /** Default: a week in `dev`, three months in `prod`. */
  readonly logRetention?: RetentionDays;
  /** Default true. */
  readonly alarms?: boolean | AlarmSettings;
  /** Default true. */
  readonly dashboard?: boolean | DashboardSettings;
}
