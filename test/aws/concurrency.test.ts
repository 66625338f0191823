import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { expect, test } from 'vitest';
import {
  connectionTable,
  dynamoLookup,
  dynamoStore,
  idempotentProducer,
  objectSink,
  pushSink,
  tableSink,
  webhookSink,
} from '../../src/aws.ts';

const client = new DynamoDBClient({ region: 'us-east-1' });
const nobody = {} as never;
const OPENED: readonly [what: string, open: (concurrency: number) => unknown][] = [
  [
    'dynamoStore',
    (concurrency) =>
      dynamoStore({ client, concurrency, tables: { control: 'control', state: 'state' } }),
  ],
  ['tableSink', (concurrency) => tableSink({ client, concurrency, tableName: 'results' })],
  [
    'dynamoLookup',
    (concurrency) =>
      dynamoLookup({ client, concurrency, tableName: 'products', keyAttribute: 'sku' }),
  ],
  [
    'objectSink',
    (concurrency) => objectSink({ client: nobody, bucket: 'results', producer: 'p', concurrency }),
  ],
  [
    'webhookSink',
    (concurrency) =>
      webhookSink({
        url: 'https://example.org',
        secret: `whsec_${KEY}`,
        producer: 'p',
        concurrency,
      }),
  ],
  [
    'pushSink',
    (concurrency) =>
      pushSink({
        ...{ client: nobody, producer: 'p', concurrency },
        connections: connectionTable({ client, tableName: 'connections' }),
      }),
  ],
  [
    'idempotentProducer',
    (concurrency) =>
      idempotentProducer({
        client: new KinesisClient({ region: 'us-east-1' }),
        streamName: 'clicks',
        concurrency,
      }),
  ],
];
const KEY = Buffer.alloc(24).toString('base64');

// None at a time would do nothing, and say that it is done.
test.each(OPENED)('%s is refused with nothing that runs at a time', (_, open) => {
  for (const concurrency of [0, -1, 1.5, Number.NaN]) {
    expect(() => open(concurrency)).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        code: 'CONCURRENCY_TOO_LOW',
        message: `concurrency is ${concurrency}`,
        hint: expect.stringContaining('at least 1'),
      }),
    );
  }
  expect(() => open(1)).not.toThrow();
});
