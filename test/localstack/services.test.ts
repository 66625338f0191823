import { gunzipSync } from 'node:zlib';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Firehose } from '@aws-sdk/client-firehose';
import { S3 } from '@aws-sdk/client-s3';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { busSink } from '../../src/sinks/eventbridge-bus.ts';
import { deliverySink } from '../../src/sinks/firehose-delivery.ts';
import { objectSink } from '../../src/sinks/s3-objects.ts';
import { topicSink } from '../../src/sinks/sns-topic.ts';
import { queueSink } from '../../src/sinks/sqs-queue.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';
import { messageContract } from '../../src/testing/contracts/message-contract.ts';
import { until } from '../end-to-end/until.ts';
import { objectContract } from '../sources/object-contract.ts';
import { bridgeTests } from './bridges.ts';
import { missingTools, type PlainLocalStack, startLocalStack } from './server.ts';

const MINUTES = 60_000;
// Services come up when they are first called, and a busy machine takes its time.
vi.setConfig({ testTimeout: 3 * MINUTES, hookTimeout: 3 * MINUTES });
const missing = await missingTools();
if (missing.length > 0) console.info(`skipped: LocalStack needs Docker, or ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('on LocalStack', () => {
  let localStack: PlainLocalStack;
  let sqs: SQS;
  let s3: S3;
  beforeAll(async () => {
    localStack = await startLocalStack();
    sqs = new SQS(localStack.config);
    s3 = new S3({ ...localStack.config, forcePathStyle: true });
  }, 10 * MINUTES);
  afterAll(() => localStack?.stop(), 2 * MINUTES);

  describe('bridges', () => bridgeTests(() => ({ localStack, sqs, s3 })));

  describe('objects of S3 as inputs', () => {
    test.each(objectContract)('$name', async ({ run }) => {
      const bucket = `inputs-${++buckets}`;
      await s3.createBucket({ Bucket: bucket });
      await run({ client: s3, bucket });
    });
    let buckets = 0;
  });

  describe('an SQS FIFO queue', () => {
    let inbox: Inbox;
    beforeAll(async () => {
      inbox = await fifoQueue(sqs, 'results');
    });
    test.each(messageContract)('$name', ({ run }) =>
      run({
        open: (deadLetters) =>
          queueSink({
            client: sqs,
            queueUrl: inbox.url,
            producer: 'tests',
            ...(deadLetters && { deadLetters }),
          }),
        messages: async () => (await inbox.all()).map(({ body }) => JSON.parse(body) as unknown),
        tooLarge: 'x'.repeat(256 * 1024),
      }),
    );
    test('tells a copy that comes after the five minutes by an attribute', async () => {
      for (const { identity } of await inbox.all()) expect(identity).toMatch(/^[\w-]{43}$/);
    });
  });

  describe('an SNS FIFO topic', () => {
    let inbox: Inbox;
    let topicArn = '';
    const sns = () => new SNS(localStack.config);
    beforeAll(async () => {
      inbox = await fifoQueue(sqs, 'subscribed');
      const Attributes = { FifoTopic: 'true' };
      const made = await sns().createTopic({ Name: 'results.fifo', Attributes });
      topicArn = made.TopicArn ?? '';
      await sns().subscribe({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: inbox.arn,
        Attributes: { RawMessageDelivery: 'true' },
      });
    });
    test.each(messageContract)('$name', ({ run }) =>
      run({
        open: (deadLetters) =>
          topicSink({
            client: sns(),
            topicArn,
            producer: 'tests',
            ...(deadLetters && { deadLetters }),
          }),
        messages: async () => (await inbox.all()).map(({ body }) => JSON.parse(body) as unknown),
        tooLarge: 'x'.repeat(256 * 1024),
      }),
    );
  });

  describe('an EventBridge bus', () => {
    let inbox: Inbox;
    const events = () => new EventBridge(localStack.config);
    beforeAll(async () => {
      inbox = await fifoQueue(sqs, 'target', { ContentBasedDeduplication: 'true' });
      await events().createEventBus({ Name: 'results' });
      const EventPattern = JSON.stringify({ source: ['tests'] });
      await events().putRule({ Name: 'all', EventBusName: 'results', EventPattern });
      await events().putTargets({
        Rule: 'all',
        EventBusName: 'results',
        Targets: [{ Id: 'queue', Arn: inbox.arn, SqsParameters: { MessageGroupId: 'all' } }],
      });
    });
    test.each(messageContract.filter(({ name }) => !name.includes('in their order')))(
      '$name',
      ({ run }) =>
        run({
          open: (deadLetters) =>
            busSink({
              client: events(),
              busName: 'results',
              producer: 'tests',
              ...(deadLetters && { deadLetters }),
            }),
          messages: async () =>
            onceEach(
              (await inbox.all()).map(({ body }) => (JSON.parse(body) as { detail: Told }).detail),
            ),
          tooLarge: 'x'.repeat(256 * 1024),
        }),
    );
  });

  describe('a Firehose stream', () => {
    const firehose = () => new Firehose(localStack.config);
    beforeAll(async () => {
      await s3.createBucket({ Bucket: 'delivered' });
      await firehose().createDeliveryStream({
        DeliveryStreamName: 'results',
        DeliveryStreamType: 'DirectPut',
        ExtendedS3DestinationConfiguration: {
          BucketARN: 'arn:aws:s3:::delivered',
          RoleARN: 'arn:aws:iam::000000000000:role/firehose',
        },
      });
      const isActive = async () => {
        const asked = { DeliveryStreamName: 'results' };
        const { DeliveryStreamDescription: stream } =
          await firehose().describeDeliveryStream(asked);
        return stream?.DeliveryStreamStatus === 'ACTIVE';
      };
      await until(isActive);
    });
    test.each(messageContract.filter(({ name }) => !name.includes('in their order')))(
      '$name',
      ({ run }) =>
        run({
          open: (deadLetters) =>
            deliverySink({
              client: firehose(),
              streamName: 'results',
              producer: 'tests',
              ...(deadLetters && { deadLetters }),
            }),
          messages: async () =>
            onceEach((await linesIn(s3, 'delivered')).map(({ line }) => JSON.parse(line) as Told)),
          tooLarge: 'x'.repeat(1024 * 1024),
        }),
    );
  });

  describe('objects in S3', () => {
    const open = (producer = 'tests') =>
      objectSink({ client: s3, bucket: 'objects', prefix: 'results/', producer });
    beforeAll(async () => {
      await s3.createBucket({ Bucket: 'objects' });
    });
    test.each(messageContract)('$name', ({ run }) =>
      run({
        open: () => open(),
        messages: async () =>
          (await linesIn(s3, 'objects')).map(({ line }) => JSON.parse(line) as unknown),
        tooLarge: undefined,
      }),
    );
    test('lie in folders of the day and the hour at which results happened', async () => {
      const windowEnd = Date.UTC(2026, 2, 1, 13);
      await open('dated').write([
        outputOf('dated', { windowStart: windowEnd - 60_000, windowEnd, slot: windowEnd }),
      ]);
      const [found] = (await linesIn(s3, 'objects')).filter(({ line }) => line.includes('"dated"'));
      expect(found?.name).toMatch(
        /^results\/dt=2026-03-01\/hour=12\/contract-0-p0001772370000000-000000-[\w-]{8}\.jsonl\.gz$/,
      );
    });
  });
});

/** What a bus and a delivery stream hand on. */
interface Told {
  readonly identity: string;
  readonly message: unknown;
}

/** As a consumer takes them that goes by identity. */
const onceEach = (told: readonly Told[]): unknown[] => [
  ...new Map(told.map(({ identity, message }) => [identity, message])).values(),
];

interface Received {
  readonly body: string;
  readonly identity: string | undefined;
}

/** A FIFO queue, and all that was ever received of it, in order. */
interface Inbox {
  readonly url: string;
  readonly arn: string;
  all(): Promise<readonly Received[]>;
}

async function fifoQueue(
  sqs: SQS,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<Inbox> {
  const Attributes = { FifoQueue: 'true', ...attributes };
  const { QueueUrl: url = '' } = await sqs.createQueue({ QueueName: `${name}.fifo`, Attributes });
  const asked = { QueueUrl: url, AttributeNames: ['QueueArn' as const] };
  const received: Received[] = [];
  return {
    url,
    arn: (await sqs.getQueueAttributes(asked)).Attributes?.QueueArn ?? '',
    async all() {
      for (let quiet = false; !quiet; ) {
        const { Messages = [] } = await sqs.receiveMessage({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          WaitTimeSeconds: 1,
        });
        quiet = Messages.length === 0;
        if (quiet) break;
        for (const { Body = '', MessageAttributes } of Messages) {
          received.push({ body: Body, identity: MessageAttributes?.identity?.StringValue });
        }
        const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }));
        await sqs.deleteMessageBatch({ QueueUrl: url, Entries });
      }
      return received;
    },
  };
}

async function linesIn(s3: S3, Bucket: string): Promise<{ name: string; line: string }[]> {
  const lines: { name: string; line: string }[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.listObjectsV2({ Bucket, ContinuationToken });
    for (const { Key = '' } of page.Contents ?? []) {
      const { Body } = await s3.getObject({ Bucket, Key });
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const text = Buffer.from(Key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      for (const line of text.split('\n')) if (line !== '') lines.push({ name: Key, line });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return lines;
}
