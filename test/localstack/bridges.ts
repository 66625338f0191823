import path from 'node:path';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3 } from '@aws-sdk/client-s3';
import type { SQS } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { bridgeQueue, bridgeTable } from '../../src/cdk/index.ts';
import { ask, membersOf } from '../../src/cli/localstack/api.ts';
import { opened } from '../../src/schema/envelope.ts';
import { until } from '../end-to-end/until.ts';
import { streamRecords } from '../support/stream-records.ts';
import type { PlainLocalStack } from './server.ts';
import { zipped } from './zipped.ts';

/** A LocalStack, and clients of it. */
export interface Services {
  readonly localStack: PlainLocalStack;
  readonly sqs: SQS;
  readonly s3: S3;
}

/** What is deployed by the constructs: a queue and a table, each bridged into one stream. */
export function bridgeTests(services: () => Services): void {
  let kinesis: KinesisClient;
  let dynamodb: DynamoDB;
  beforeAll(async () => {
    const { localStack } = services();
    kinesis = new KinesisClient({ ...localStack.config, requestHandler: new NodeHttpHandler() });
    dynamodb = new DynamoDB(localStack.config);
    await deploy(services());
  });

  const events = async (): Promise<Event[]> => {
    const records = [...(await streamRecords(kinesis, STREAM)).values()].flat();
    return records.map(({ data }) => {
      return JSON.parse(Buffer.from(opened(data)?.event ?? []).toString()) as Event;
    });
  };

  test('messages of a queue come into the stream, and one that cannot goes where the queue says', async () => {
    const { sqs } = services();
    const QueueUrl = await urlOf(sqs, QUEUE);
    const bodies = Array.from({ length: 20 }, (_, n) => JSON.stringify({ page: `/${n % 3}`, n }));
    const sent = [...bodies.slice(0, 7), POISON, ...bodies.slice(7)];
    for (let at = 0; at < sent.length; at += 10) {
      const Entries = sent
        .slice(at, at + 10)
        .map((MessageBody, n) => ({ Id: `${n}`, MessageBody }));
      await sqs.sendMessageBatch({ QueueUrl, Entries });
    }
    const DeadLetters = await urlOf(sqs, DEAD_LETTERS);
    const letters: string[] = [];
    await until(async () => {
      const { Messages = [] } = await sqs.receiveMessage({
        QueueUrl: DeadLetters,
        WaitTimeSeconds: 1,
      });
      letters.push(...Messages.map(({ Body = '' }) => Body));
      return letters.length > 0;
    });
    expect(letters).toEqual([POISON]);
    const messages = (await events()).filter(({ body }) => body !== undefined);
    // A queue may deliver twice, with the same id: once each is what `dedupe` leaves.
    const once = [...new Map(messages.map((message) => [message.id, message])).values()];
    expect(once.map(({ body }) => body?.n).sort((a = 0, b = 0) => a - b)).toEqual(
      bodies.map((_, n) => n),
    );
    for (const { sentAt } of once)
      expect(Math.abs(Date.now() - (sentAt ?? 0))).toBeLessThan(600_000);
    const left = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: [...left] });
    expect(left.map((name) => Attributes?.[name])).toEqual(['0', '0']);
  });

  test('changes of a table come into the stream with both images, in the order of each item', async () => {
    const item = (id: string, n: number) => ({ id: { S: id }, n: { N: `${n}` } });
    const put = (id: string, n: number) =>
      dynamodb.putItem({ TableName: TABLE, Item: item(id, n) });
    await put('a', 1);
    await put('b', 1);
    await dynamodb.updateItem({
      TableName: TABLE,
      Key: { id: { S: 'a' } },
      UpdateExpression: 'SET n = n + :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    });
    await put('a', 3);
    await dynamodb.deleteItem({ TableName: TABLE, Key: { id: { S: 'a' } } });
    const changes = async () => {
      const all = (await events()).filter(({ kind }) => kind !== undefined);
      return [...new Map(all.map((change) => [change.id, change])).values()];
    };
    await until(async () => (await changes()).length === 5);
    const told = (await changes()).map(({ key, kind, value, old }) => ({ key, kind, value, old }));
    const value = (n: number) => ({ id: 'a', n });
    expect(told.filter(({ key }) => key === 'a')).toEqual([
      { key: 'a', kind: 'insert', value: value(1) },
      { key: 'a', kind: 'modify', value: value(2), old: value(1) },
      { key: 'a', kind: 'modify', value: value(3), old: value(2) },
      { key: 'a', kind: 'remove', old: value(3) },
    ]);
    expect(told.filter(({ key }) => key === 'b')).toEqual([
      { key: 'b', kind: 'insert', value: { id: 'b', n: 1 } },
    ]);
  });
}

/** A message, or a change. */
interface Event {
  readonly id: string;
  readonly sentAt?: number;
  readonly body?: { readonly n: number };
  readonly key?: string;
  readonly kind?: string;
  readonly value?: unknown;
  readonly old?: unknown;
}

const POISON = 'no JSON, and thereby no page';
const STREAM = 'bridged';
const QUEUE = 'orders';
const DEAD_LETTERS = 'orders-dead';
const TABLE = 'items';
const CODE = { bucket: 'bridge-code', key: 'functions.zip' };

async function urlOf(sqs: SQS, QueueName: string): Promise<string> {
  return (await sqs.getQueueUrl({ QueueName })).QueueUrl ?? '';
}

async function deploy({ localStack, s3 }: Services): Promise<void> {
  await s3.createBucket({ Bucket: CODE.bucket });
  const Body = zipped('index.js', await bundled());
  await s3.putObject({ Bucket: CODE.bucket, Key: CODE.key, Body });
  const { place } = localStack;
  const StackName = 'bridges';
  await ask(place, 'cloudformation', 'CreateStack', {
    StackName,
    TemplateBody: JSON.stringify(template()),
    'Capabilities.member.1': 'CAPABILITY_IAM',
  });
  let status = '';
  await until(async () => {
    const answer = await ask(place, 'cloudformation', 'DescribeStacks', { StackName });
    status = membersOf(answer?.Stacks)[0]?.StackStatus ?? '';
    return !/IN_PROGRESS$/.test(status);
  }, 120_000);
  expect(status).toBe('CREATE_COMPLETE');
}

async function bundled(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, 'bridge-functions.ts')],
    bundle: true,
    write: false,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function template(): object {
  const stack = new Stack(new App(), 'Bridges');
  const stream = new Stream(stack, 'Bridged', { streamName: STREAM, shardCount: 1 });
  const code = Code.fromBucket(Bucket.fromBucketName(stack, 'Code', CODE.bucket), CODE.key);
  const functionOf = (name: 'queue' | 'table') =>
    new LambdaFunction(stack, `${name}-bridge`, {
      functionName: `${name}-bridge`,
      runtime: Runtime.NODEJS_22_X,
      handler: `index.${name}`,
      code,
      timeout: Duration.seconds(5),
      environment: { STREAM },
    });
  const queue = new Queue(stack, 'Orders', {
    queueName: QUEUE,
    // A message that failed comes again after it.
    visibilityTimeout: Duration.seconds(5),
    deadLetterQueue: {
      queue: new Queue(stack, 'DeadOrders', { queueName: DEAD_LETTERS }),
      maxReceiveCount: 2,
    },
  });
  const table = new TableV2(stack, 'Items', {
    tableName: TABLE,
    partitionKey: { name: 'id', type: AttributeType.STRING },
    dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  bridgeQueue({ function: functionOf('queue'), stream, queue });
  bridgeTable({ function: functionOf('table'), stream, table });
  // The others ask how CDK was bootstrapped, which nothing here needs.
  const { Conditions, Resources } = Template.fromStack(stack).toJSON();
  return { Conditions, Resources };
}
