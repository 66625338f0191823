import type * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Duration, Names, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import { given } from './given.ts';
import { ACTIONS, grantOn } from './permissions.ts';
import type { SinkBinding } from './sink-binding.ts';

/** What may be said of every sink of messages. */
export interface MessageSinkSettings {
  /** By which name its messages tell this pipeline from others. Default: made of where in the app the sink is. */
  readonly producer?: string;
}

/** An SQS FIFO queue as a sink: one that exists, or one that is created and keeps messages for 14 days. */
export const queueSink = (
  existing?: sqs.IQueue,
  settings: MessageSinkSettings = {},
): SinkBinding => ({
  bind(scope, { writers, deployment }) {
    const queue = existing ?? createQueue(scope, deployment);
    for (const writer of writers)
      grantTo(writer, queue.queueArn, ACTIONS.send, queue.encryptionMasterKey);
    return {
      resource: { kind: 'queue', name: queue.queueUrl, producer: producerOf(scope, settings) },
      grantRead(grantee) {
        queue.encryptionMasterKey?.grant(grantee, 'kms:Decrypt');
        grantOn(grantee, queue.queueArn, ACTIONS.receive);
      },
    };
  },
});

/** An SNS FIFO topic as a sink: one that exists, or one that is created. */
export const topicSink = (
  existing?: sns.ITopic,
  settings: MessageSinkSettings = {},
): SinkBinding => ({
  bind(scope, { writers, deployment }) {
    const topic = existing ?? createTopic(scope, deployment);
    const key = existing ? undefined : deployment.encryptionKey;
    for (const writer of writers) grantTo(writer, topic.topicArn, ACTIONS.publish, key);
    return {
      resource: { kind: 'topic', name: topic.topicArn, producer: producerOf(scope, settings) },
      grantRead: (grantee) => void grantOn(grantee, topic.topicArn, ACTIONS.subscribe),
    };
  },
});

/** How objects are named. */
export interface ObjectSinkSettings extends MessageSinkSettings {
  /** What names of objects begin with. Default `results/`. */
  readonly prefix?: string;
}

/** A bucket as a sink: one that exists, or one that is created, private and encrypted. */
export const objectSink = (
  existing?: s3.IBucket,
  settings: ObjectSinkSettings = {},
): SinkBinding => ({
  bind(scope, { writers, deployment }) {
    const { prefix = 'results/' } = settings;
    const bucket = existing ?? createBucket(scope, deployment);
    const objects = bucket.arnForObjects(`${prefix}*`);
    for (const writer of writers) grantTo(writer, objects, ACTIONS.putObject, bucket.encryptionKey);
    const producer = producerOf(scope, settings);
    return {
      resource: { kind: 'objects', name: bucket.bucketName, prefix, producer },
      grantRead(grantee) {
        bucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
        grantOn(grantee, objects, ACTIONS.getObject);
        grantOn(grantee, bucket.bucketArn, ACTIONS.listBucket);
      },
    };
  },
});

/** A bus, however it was made or brought in. (IEventBus is too narrow under exact optional types.) */
type AnyBus = Pick<events.IEventBus, 'eventBusArn' | 'eventBusName'>;

/** An EventBridge bus as a sink. */
export const busSink = (bus: AnyBus, settings: MessageSinkSettings = {}): SinkBinding => ({
  bind(scope, { writers }) {
    for (const writer of writers) grantTo(writer, bus.eventBusArn, ACTIONS.putEvents);
    return {
      resource: { kind: 'bus', name: bus.eventBusName, producer: producerOf(scope, settings) },
      grantRead() {}, // A bus is read by rules, which are made, not granted.
    };
  },
});

/** A Firehose stream as a sink, by its name in the account and region of the stack. */
export const deliverySink = (
  streamName: string,
  settings: MessageSinkSettings = {},
): SinkBinding => ({
  bind(scope, { writers }) {
    const arn = Stack.of(scope).formatArn({
      service: 'firehose',
      resource: 'deliverystream',
      resourceName: streamName,
    });
    for (const writer of writers) grantTo(writer, arn, ACTIONS.putRecordBatch);
    return {
      resource: { kind: 'delivery', name: streamName, producer: producerOf(scope, settings) },
      grantRead() {}, // Whoever reads, reads where it delivers to.
    };
  },
});

/** How a place of your own is told to the handler. */
export interface CustomSinkSettings {
  /** Under which the handler finds what opens it: `fromEnvironment(plan, { sinks: { [kind]: ... } })`. */
  readonly kind: string;
  /** What the handler is told: an address, the name of a secret; never the secret itself. */
  readonly name: string;
  /** What else it is told. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lets a function write there. Default: it needs no right. */
  readonly grantWrite?: (writer: lambda.IFunction) => void;
  /** Lets somebody read what it holds. Default: nothing. */
  readonly grantRead?: (grantee: iam.IGrantable) => void;
}

/** A place that only the app and its handler know: a webhook, a database, an API. */
export const customSink = (custom: CustomSinkSettings): SinkBinding => ({
  bind(_scope, { writers }) {
    for (const writer of writers) custom.grantWrite?.(writer);
    const { kind, name, settings, grantRead = () => {} } = custom;
    return { resource: { ...settings, kind, name }, grantRead };
  },
});

/** What the handler is told a sink is called. */
export const producerOf = (scope: Construct, { producer }: MessageSinkSettings): string =>
  producer ?? Names.uniqueResourceName(scope, { maxLength: 200 });

function grantTo(
  writer: iam.IGrantable,
  arn: string,
  actions: readonly string[],
  key?: kms.IKey,
): void {
  key?.grant(writer, 'kms:Decrypt', 'kms:GenerateDataKey');
  grantOn(writer, arn, actions);
}

function createQueue(scope: Construct, { encryptionKey, removalPolicy }: Deployment): sqs.Queue {
  const queue = new sqs.Queue(scope, 'Queue', {
    fifo: true,
    deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    retentionPeriod: Duration.days(14),
    enforceSSL: true,
    removalPolicy,
    encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    ...given({ encryptionMasterKey: encryptionKey }),
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'Whoever consumes results decides what becomes of those that they fail on.',
  });
  return queue;
}

function createTopic(scope: Construct, { encryptionKey, removalPolicy }: Deployment): sns.Topic {
  const topic = new sns.Topic(scope, 'Topic', {
    fifo: true,
    enforceSSL: true,
    ...given({ masterKey: encryptionKey }),
  });
  topic.applyRemovalPolicy(removalPolicy);
  return topic;
}

const createBucket = (scope: Construct, { encryptionKey, removalPolicy }: Deployment): s3.Bucket =>
  new s3.Bucket(scope, 'Bucket', {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy,
    encryption: encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
    ...given({ encryptionKey }),
  });
