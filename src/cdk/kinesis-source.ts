import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Duration, Token, TokenComparison } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import { type Bounds, checkSeconds, checkWhole } from './bounds.ts';
import { given } from './given.ts';
import { checkMapping, checkSettings } from './mapping-rules.ts';
import { ACTIONS, grantOn, grantReadStream } from './permissions.ts';
import type { SourceBinding, SourceContext } from './source-binding.ts';
import { checkWhereabouts } from './whereabouts.ts';

/** What may be chosen about the event source mapping of a stream: how it batches, and where it begins. */
export interface MappingSettings {
  /** Records a batch, at most 10,000. Default 1,000: writes go by the batch, not by the record. */
  readonly batchSize?: number;
  /** How long a shard waits for a full batch. Default 1 second. */
  readonly maxBatchingWindow?: Duration;
  /** Begin with the records that arrived from this time on. Default: with the oldest that the stream has. */
  readonly startAt?: Date;
  /** Default true. */
  readonly enabled?: boolean;
}

/** Where reading begins, and how batches come. */
export interface KinesisSourceSettings extends MappingSettings {
  /** How many shards it has. Default: as the app says, where it creates a provisioned stream. */
  readonly shards?: number;
  /** How long it keeps records. Default: as the app says, where it creates the stream, else a day. */
  readonly retention?: Duration;
  /** Of the same stream: records come by enhanced fan-out, not in the reads that all share. It costs by the hour. */
  readonly consumer?: kinesis.IStreamConsumer;
}

/**
 * A Kinesis stream as a source, through an event source mapping. What the guarantees rest on is fixed:
 * a parallelization factor of 1, no filter, no limit of retries or age, partial responses.
 *
 * @throws ConfigurationError MAPPING_INVALID for settings that would change any of that, or that no mapping takes, and
 *   for a consumer that is given as a stream or is another stream's; RESOURCE_ELSEWHERE when it is bound, for a
 *   stream of another account or region
 */
export function kinesisSource(
  stream: kinesis.IStream,
  settings: KinesisSourceSettings = {},
): SourceBinding {
  checkSettings(settings, SETTINGS);
  checkValues(settings);
  return {
    bind(scope, context) {
      checkWhereabouts(scope, `the stream of "${context.name}"`, stream);
      checkStream(stream, settings);
      createMapping(scope, stream, settings, context);
      grantReadStream(context.gather, stream, ACTIONS.trigger);
      if (settings.consumer) {
        grantOn(context.gather, settings.consumer.streamConsumerArn, ACTIONS.fanOut);
      }
      grantReadStream(context.fire, stream, ACTIONS.probe);
      const created = definitionOf(stream);
      return {
        resource: { kind: 'kinesis', name: stream.streamName, ...beginning(settings) },
        lanes: known(settings.shards) ?? created.shards,
        retention: knownTime(settings.retention) ?? created.retention ?? Duration.hours(24),
        incomingRecords: stream.metricIncomingRecords({ statistic: 'Sum' }),
      };
    },
  };
}

/** The functions look for records that were not read: where the mapping begins, and not before. */
const beginning = ({ startAt }: MappingSettings): { startAt?: string } =>
  startAt === undefined ? {} : { startAt: startAt.toISOString() };

const SETTINGS = [
  'batchSize',
  'maxBatchingWindow',
  'startAt',
  'enabled',
  'shards',
  'retention',
  'consumer',
] satisfies (keyof KinesisSourceSettings)[];

/** What Lambda and Kinesis take. */
const BATCH_SIZE: Bounds = [1, 10_000];
const BATCHING_SECONDS: Bounds = [0, 300];
const SHARDS: Bounds = [1, Number.MAX_SAFE_INTEGER];
const DAY_SECONDS = 86_400;
const RETENTION_SECONDS: Bounds = [DAY_SECONDS, 365 * DAY_SECONDS];

function checkValues(settings: KinesisSourceSettings): void {
  const { batchSize, maxBatchingWindow, startAt, shards, retention } = settings;
  checkWhole('MAPPING_INVALID', 'batchSize of a source', batchSize, BATCH_SIZE);
  const window = 'maxBatchingWindow of a source';
  checkSeconds('MAPPING_INVALID', window, maxBatchingWindow, BATCHING_SECONDS);
  checkWhole('MAPPING_INVALID', 'shards of a source', shards, SHARDS);
  checkSeconds('MAPPING_INVALID', 'retention of a source', retention, RETENTION_SECONDS);
  if (startAt === undefined || !Number.isNaN(startAt.getTime())) return;
  throw new ConfigurationError(
    'MAPPING_INVALID',
    'startAt of a source is no time',
    "Give a time of arrival, such as new Date('2026-03-01T12:00:00Z').",
  );
}

/** The functions know a stream by its name, which the ARN of a consumer has in it, and more. */
function checkStream(stream: kinesis.IStream, { consumer }: KinesisSourceSettings): void {
  const { streamName, streamArn } = stream;
  if (!Token.isUnresolved(streamName) && streamName.includes('/')) {
    throw new ConfigurationError(
      'MAPPING_INVALID',
      `a source is given as the stream "${streamName}", which is a consumer of one`,
      'Give the stream itself, and the consumer to it: kinesisSource(stream, { consumer }).',
    );
  }
  const its = consumer?.stream.streamArn ?? streamArn;
  if (Token.compareStrings(its, streamArn) !== TokenComparison.DIFFERENT) return;
  throw new ConfigurationError(
    'MAPPING_INVALID',
    `the consumer given for the stream "${streamName}" is that of another one`,
    'Register one at the stream, and give that.',
  );
}

function createMapping(
  scope: Construct,
  stream: kinesis.IStream,
  {
    batchSize = 1_000,
    maxBatchingWindow,
    startAt,
    enabled = true,
    consumer,
  }: KinesisSourceSettings,
  { gather, givenUp }: SourceContext,
): void {
  const mapping = new lambda.EventSourceMapping(scope, 'Mapping', {
    target: gather,
    eventSourceArn: consumer?.streamConsumerArn ?? stream.streamArn,
    batchSize,
    maxBatchingWindow: maxBatchingWindow ?? Duration.seconds(1),
    enabled,
    // LATEST could pass over what arrives while the mapping is created or changed.
    startingPosition: startAt
      ? lambda.StartingPosition.AT_TIMESTAMP
      : lambda.StartingPosition.TRIM_HORIZON,
    ...given({ startingPositionTimestamp: startAt && startAt.getTime() / 1_000 }),
    // More would split a shard into lanes that nobody can name, and pass over records.
    parallelizationFactor: 1,
    // It comes again from the record at which a lane stopped.
    reportBatchItemFailures: true,
    // The library deals with poison; whatever else fails is not the record's fault, and must not cost it.
    retryAttempts: -1,
    // A batch that is too much for the memory or the time of an invocation comes again in halves.
    bisectBatchOnError: true,
    onFailure: givenUp,
    supportS3OnFailureDestination: true,
  });
  const resource = mapping.node.defaultChild as lambda.CfnEventSourceMapping;
  resource.maximumRecordAgeInSeconds = -1;
  mapping.node.addValidation({ validate: () => checkMapping(resource) });
}

/** What the app itself says of a stream that it creates. */
function definitionOf(stream: kinesis.IStream): { shards?: number; retention?: Duration } {
  const resource = stream.node.defaultChild;
  if (!(resource instanceof kinesis.CfnStream)) return {};
  const hours = known(resource.retentionPeriodHours);
  return given({
    shards: known(resource.shardCount),
    retention: hours === undefined ? undefined : Duration.hours(hours),
  });
}

/** What is decided on deployment looks like a number, and is none. */
const known = (value: number | undefined): number | undefined =>
  Token.isUnresolved(value) ? undefined : value;

const knownTime = (time: Duration | undefined): Duration | undefined =>
  time?.isUnresolved() ? undefined : time;
