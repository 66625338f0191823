import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ARCHIVE_VARIABLE, type ArchiveResources } from '../environment.ts';
import { type Deployment, type DeploymentStage, deploymentOf } from './deployment.ts';
import { given } from './given.ts';
import { GivenUpQueue } from './given-up-queue.ts';
import { type KinesisSourceSettings, kinesisSource } from './kinesis-source.ts';
import { ACTIONS, grantOn } from './permissions.ts';
import { type CodeSettings, type FunctionSettings, PipelineFunction } from './pipeline-function.ts';

/** A bucket, however it was made or brought in. (IBucket is too narrow for Bucket under exact optional types.) */
export interface AnyBucket extends Pick<s3.IBucket, 'bucketName' | 'arnForObjects'> {
  readonly encryptionKey?: kms.IKey | undefined;
}

/** Which stream is copied, and where to. */
export interface StreamArchiveProps extends CodeSettings {
  readonly stream: kinesis.IStream;
  /** Default: one is created, encrypted and closed to the public. */
  readonly bucket?: AnyBucket;
  /** Before the names of all files, such as `raw/`. Default: nothing. */
  readonly prefix?: string;
  /** Whether the bucket outlives the stack. Default `prod`: it does. */
  readonly stage?: DeploymentStage;
  /** For the bucket that is created, the queue and the log. Default: keys that AWS owns. */
  readonly encryptionKey?: kms.IKey;
  /** Default: 10,000 records or a minute: a file is a batch, and S3 is paid by the file. */
  readonly mapping?: KinesisSourceSettings;
  readonly function?: FunctionSettings;
}

/**
 * Keeps what comes into a Kinesis stream as files of a bucket, by the hour, with the positions that the
 * records have in the stream. The entry exports a handler made by `archiveFromEnvironment()` of
 * `tidemark/archive`. `tidemark replay --archive` reads the files.
 *
 * @throws ConfigurationError MAPPING_INVALID for a mapping that would pass over records
 */
export class StreamArchive extends Construct {
  readonly bucket: AnyBucket;
  readonly function: lambda.Function;
  /** What the trigger gave up: metadata, never records. */
  readonly givenUp: sqs.Queue;

  constructor(scope: Construct, id: string, props: StreamArchiveProps) {
    super(scope, id);
    const { stream, prefix = '' } = props;
    const deployment = deploymentOf(props.stage ?? 'prod', props.encryptionKey);
    this.bucket = props.bucket ?? createBucket(this, deployment);
    const made = new PipelineFunction(this, 'Write', {
      description: 'Archives a stream',
      code: props,
      settings: props.function ?? {},
      timeout: Duration.minutes(1),
      deployment,
      tracing: false,
    });
    this.function = made.function;
    const queue = new GivenUpQueue(this, 'GivenUp', deployment);
    queue.grantSend(this.function);
    this.givenUp = queue.queue;
    const mapping = { batchSize: 10_000, maxBatchingWindow: Duration.minutes(1), ...props.mapping };
    const scopeOfSource = new Construct(this, 'Stream');
    const { function: gather } = this;
    const context = { name: 'stream', gather, fire: gather, givenUp: queue };
    kinesisSource(stream, mapping).bind(scopeOfSource, context);
    grantOn(gather, this.bucket.arnForObjects(`${prefix}*`), ACTIONS.archive);
    this.bucket.encryptionKey?.grant(gather, 'kms:GenerateDataKey');
    const resources: ArchiveResources = {
      stream: stream.streamName,
      bucket: this.bucket.bucketName,
      prefix,
    };
    gather.addEnvironment(ARCHIVE_VARIABLE, Stack.of(this).toJsonString(resources));
  }
}

function createBucket(scope: Construct, deployment: Deployment): s3.Bucket {
  const { encryptionKey, removalPolicy } = deployment;
  return new s3.Bucket(scope, 'Bucket', {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    encryption: encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
    ...given({ encryptionKey }),
    removalPolicy,
    // What an upload that broke off has left costs, and nobody sees it.
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
  });
}
