import type { DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type QueueMessage, queueBridge } from '../../src/bridges/queue-bridge.ts';
import { type ItemChange, type TableEvent, tableBridge } from '../../src/bridges/table-bridge.ts';
import { engine } from '../../src/engine/engine.ts';
import { HOURS, MINUTES, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { type IdempotentProducer, idempotentProducer } from '../../src/kinesis/producer.ts';
import { opened } from '../../src/schema/envelope.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { kinesisSource } from '../../src/sources/kinesis.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type TestStream, useServers } from '../runtime/local/servers.ts';
import { streamRecords } from '../support/stream-records.ts';

const servers = useServers();
let stream: TestStream;
let producer: IdempotentProducer;
beforeEach(async () => {
  stream = await servers.stream(1);
  producer = open();
});

const open = () =>
  idempotentProducer({ client: stream.client, streamName: stream.name, lingerMs: 1 });

describe('a queue', () => {
  test('is bridged with the identity of its messages', async () => {
    const event = messages(['m1', '{"n":1}', 'g'], ['m2', 'text', 'g'], ['m3', '[3]']);
    expect(await queueBridge({ producer })(event)).toEqual({ batchItemFailures: [] });
    expect(await records()).toEqual([
      { key: 'g', event: { id: 'm1', sentAt: 1_000, group: 'g', body: { n: 1 } } },
      { key: 'm3', event: { id: 'm3', sentAt: 1_000, body: [3] } },
      { key: 'g', event: { id: 'm2', sentAt: 1_000, group: 'g', body: 'text' } },
    ]);
  });

  test('gets back a message that is too large, and those of its group after it', async () => {
    const large = JSON.stringify('x'.repeat(1024 * 1024));
    const event = messages(
      ['m1', '1', 'a'],
      ['m2', large, 'a'],
      ['m3', '3', 'a'],
      ['m4', '4', 'b'],
    );
    expect(await queueBridge({ producer })(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm3' }],
    });
    expect((await records()).map(({ event }) => (event as ItemChange).id).sort()).toEqual([
      'm1',
      'm4',
    ]);
  });

  test('gets back a message without a key alone', async () => {
    const keyOf = ({ body }: QueueMessage) => (body as { page: string }).page;
    const event = messages(['m1', '{"page":"/"}'], ['m2', 'no JSON'], ['m3', '{"page":""}']);
    expect(await queueBridge({ producer, keyOf })(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm3' }],
    });
    expect((await records()).map(({ key }) => key)).toEqual(['/']);
  });

  test('gets back everything where the stream is not there', async () => {
    const nowhere = idempotentProducer({ client: stream.client, streamName: 'nowhere' });
    await expect(queueBridge({ producer: nowhere })(messages(['m1', '1']))).rejects.toThrow();
  });

  test('may deliver again what was bridged: a pipeline with dedupe counts it once', async () => {
    const plan = pipeline('orders')
      .stream('messages', {
        schema: z.object({ id: z.string(), sentAt: z.number(), body: z.object({ n: z.number() }) }),
        timestamp: (e) => e.sentAt,
        outOfOrderness: 1 * MINUTES,
      })
      .dedupe({ by: (e) => e.id, within: 1 * HOURS, name: 'first', buckets: 1 })
      .keyBy(() => 'all')
      .window(TumblingWindow.of(10, SECONDS))
      .sum((e) => e.body.n, { name: 'sum', buckets: 1 })
      .to(table('sums'));
    const bridge = queueBridge({ producer });
    const event = messages(['m1', '{"n":1}'], ['m2', '{"n":2}']);
    await bridge(event);
    await bridge(event);
    await queueBridge({ producer: open() })(messages(['m2', '{"n":2}'], ['m3', '{"n":4}']));
    expect(await records()).toHaveLength(6);
    const now = 1_000_000;
    const source = kinesisSource({
      client: stream.client,
      streamName: stream.name,
      now: () => now,
    });
    const sums = memorySink();
    const running = engine(plan, {
      store: memoryStore(),
      clock: () => now,
      sources: { messages: source },
      sinks: { sums },
      deadLetters: memoryDeadLetters(),
      observe: () => undefined,
    });
    for (const [shardId, its] of await streamRecords(stream.client, stream.name)) {
      const lane = await source.laneOf(shardId);
      await running.gather('messages', lane, its);
      await running.raise('messages', lane, 10 * MINUTES);
    }
    for (const stage of ['first', 'sum']) await running.fire(stage, 0, () => false);
    expect(sums.rows().map(({ value }) => value)).toEqual([7]);
  });
});

describe('a table', () => {
  test('is bridged as changes of its items, with both images', async () => {
    const item = {
      id: { S: 'a' },
      n: { N: '1.5' },
      raw: { B: 'AQI=' },
      in: { L: [{ BS: ['AQ=='] }] },
    };
    const value = { id: 'a', n: 1.5, raw: 'AQI=', in: [['AQ==']] };
    await tableBridge({ producer })({
      Records: [
        change('INSERT', { NewImage: item }),
        change('MODIFY', { OldImage: item, NewImage: { id: { S: 'a' } } }),
        change('REMOVE', { OldImage: item }),
        {
          ...change('REMOVE', { OldImage: item }),
          userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
        },
      ],
    } satisfies DynamoDBStreamEvent);
    const about = { id: expect.any(String), at: 1_700_000_000_000, key: 'a' };
    expect((await records()).map(({ event }) => event)).toEqual([
      { ...about, kind: 'insert', value },
      { ...about, kind: 'modify', value: { id: 'a' }, old: value },
      { ...about, kind: 'remove', old: value },
      { ...about, kind: 'remove', old: value, expired: true },
    ]);
  });

  test('may have keys that are longer than a stream takes', async () => {
    const id = 'x'.repeat(2_000);
    await tableBridge({ producer })({
      Records: [withKey({ id: { S: id } }), withKey({ id: { S: 'b' } })],
    });
    const put = await records();
    expect(put.map(({ event }) => (event as ItemChange).key).toSorted()).toEqual(['b', id]);
    expect(put.map(({ key }) => key.length).toSorted((a, b) => a - b)).toEqual([1, 64]);
  });

  test('with two attributes as its key has both in the key of a change', async () => {
    const Keys = { sk: { N: '7' }, pk: { S: 'a' } };
    const record = change('INSERT', { Keys });
    await tableBridge({ producer })({ Records: [record] });
    const [only] = await records();
    expect(only?.key).toBe('["a","7"]');
    expect((only?.event as ItemChange | undefined)?.key).toBe('["a","7"]');
  });

  test('is told apart from what is no change', async () => {
    const record = { ...change('INSERT', {}), eventName: undefined };
    await expect(tableBridge({ producer })({ Records: [record] })).rejects.toThrow(
      'has no id, kind, time or key',
    );
  });
});

let changes = 0;

function withKey(Keys: object) {
  const made = change('INSERT', {});
  return { ...made, dynamodb: { ...made.dynamodb, Keys } } as TableEvent['Records'][number];
}

function change(
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE',
  images: object,
): DynamoDBStreamEvent['Records'][number] {
  return {
    eventID: `change-${changes++}`,
    eventName,
    eventSource: 'aws:dynamodb',
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000,
      Keys: { id: { S: 'a' } },
      SequenceNumber: '1',
      ...images,
    },
  };
}

const messages = (...of: (readonly [id: string, body: string, group?: string])[]): SQSEvent => ({
  Records: of.map(([messageId, body, group]) => ({
    messageId,
    receiptHandle: 'r',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1000',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '1000',
      ...(group === undefined ? {} : { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
    awsRegion: 'us-east-1',
  })),
});

async function records(): Promise<{ key: string; event: unknown }[]> {
  const all = [...(await streamRecords(stream.client, stream.name)).values()].flat();
  return all.map(({ partitionKey, data }) => ({
    key: partitionKey,
    event: JSON.parse(Buffer.from(opened(data)?.event ?? []).toString()) as unknown,
  }));
}
