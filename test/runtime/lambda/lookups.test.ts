import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { dynamoLookup } from '../../../src/aws.ts';
import { pipeline, rowsOf, SECONDS, TumblingWindow, table } from '../../../src/index.ts';
import { type LambdaOptions, lambdaHandler } from '../../../src/runtime/lambda/index.ts';
import { memoryDeadLetters, memorySink } from '../../../src/sinks/memory.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { memoryLog } from '../../../src/testing/memory-log.ts';
import {
  createForeignTable,
  type LocalDynamo,
  localClient,
  startDynamo,
} from '../../support/dynamodb.ts';
import { type FaultProxy, startFaultProxy, throttle } from '../../support/fault-proxy.ts';

const NOW = 1_000_000;
const SHARD = 'shardId-000000000000';

const plan = pipeline('shop')
  .stream('sales', {
    schema: z.object({ at: z.number(), product: z.string() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
  })
  .lookup(rowsOf('products', { schema: z.object({ maker: z.string() }) }), {
    key: (e) => e.product,
    required: true,
    cacheFor: 30 * SECONDS,
  })
  .keyBy(({ row }) => row.maker)
  .window(TumblingWindow.of(10, SECONDS))
  .count({ name: 'per-maker', buckets: 1 })
  .to(table('results'));

describe('rows of a DynamoDB table in a Lambda function', () => {
  let dynamo: LocalDynamo;
  let proxy: FaultProxy;
  let sink: ReturnType<typeof memorySink>;
  let handler: ReturnType<typeof lambdaHandler>;
  let now = NOW;

  beforeAll(async () => {
    dynamo = await startDynamo();
    await createForeignTable(dynamo.client, 'products', { name: 'sku', type: 'S' });
    for (let n = 0; n < 150; n++) await put(`p${n}`, `maker-${n % 2}`);
    proxy = await startFaultProxy(dynamo.endpoint);
  }, 60_000);
  afterAll(async () => {
    await proxy.stop();
    await dynamo.stop();
  });
  beforeEach(() => {
    proxy.calls.length = 0;
    now = NOW;
    sink = memorySink();
    handler = lambdaHandler(plan, options());
  });

  const put = (sku: string, maker: string) =>
    dynamo.client.send(
      new PutItemCommand({ TableName: 'products', Item: { sku: { S: sku }, maker: { S: maker } } }),
    );

  const options = (change: Partial<LambdaOptions> = {}): LambdaOptions => {
    const log = memoryLog(() => now);
    log.open(SHARD);
    return {
      store: memoryStore(),
      sources: { sales: { ...log, streamName: 'sales', laneOf: async (shardId) => shardId } },
      sinks: { results: sink },
      deadLetters: memoryDeadLetters(),
      lookups: {
        products: dynamoLookup({
          client: localClient(proxy.endpoint, { maxAttempts: 1 }),
          tableName: 'products',
          keyAttribute: 'sku',
        }),
      },
      clock: () => now,
      metrics: false,
      logger: false,
      ...change,
    };
  };

  test('are read once for a batch, a hundred in a request, and again when they are old', async () => {
    const events = Array.from({ length: 600 }, (_, n) => sale(n, `p${n % 150}`));
    await handler(kinesis([...events, sale(1, 'none')]), context);
    expect(proxy.calls).toEqual(['BatchGetItem', 'BatchGetItem']);
    now += 30 * SECONDS;
    await handler(kinesis([sale(1_000, 'p1'), sale(1_001, 'none')]), context);
    expect(proxy.calls).toHaveLength(2);
    now += 1;
    await handler(kinesis([sale(1_002, 'p1'), sale(60_000, 'p2')]), context);
    expect(proxy.calls).toHaveLength(3);
    await handler({ tidemark: 'tick' }, context);
    await handler({ tidemark: 'tick' }, context);
    const counts = sink.rows().map(({ key, value }) => [key, value]);
    expect(counts.sort()).toEqual([
      ['maker-0', 300],
      ['maker-1', 302],
    ]);
  });

  test('that cannot be read make the batch come again', async () => {
    const batch = kinesis([sale(1, 'p1')]);
    proxy.inject('BatchGetItem', throttle());
    await expect(handler(batch, context)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await handler(batch, context);
    await handler(kinesis([sale(60_000, 'p2')]), context);
    await handler({ tidemark: 'tick' }, context);
    expect(sink.rows()).toMatchObject([{ key: 'maker-1', value: 1 }]);
  });

  test('are not read when the invocation has no time left', async () => {
    const brief = { getRemainingTimeInMillis: () => 1_050 };
    proxy.inject('BatchGetItem', { kind: 'hang' });
    await expect(handler(kinesis([sale(1, 'p1')]), brief)).rejects.toMatchObject({
      code: 'DEADLINE',
    });
  });

  test('need their table from the start', () => {
    expect(() => lambdaHandler(plan, options({ lookups: {} }))).toThrow(
      expect.objectContaining({ code: 'LOOKUP_MISSING' }),
    );
  });
});

const context = { getRemainingTimeInMillis: () => 30_000 };

const sale = (at: number, product: string): string => JSON.stringify({ at, product });

let sequence = 0;

const kinesis = (lines: readonly string[]) => ({
  Records: lines.map((line) => {
    const sequenceNumber = `4966${String(++sequence).padStart(20, '0')}`;
    return {
      eventSource: 'aws:kinesis',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:1:stream/sales',
      eventID: `${SHARD}:${sequenceNumber}`,
      kinesis: {
        sequenceNumber,
        data: Buffer.from(line).toString('base64'),
        approximateArrivalTimestamp: NOW / 1000,
      },
    };
  }),
});
