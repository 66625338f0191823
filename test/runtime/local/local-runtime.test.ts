import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { bucketKey } from '../../../src/engine/keys.ts';
import {
  type LocalRuntimeOptions,
  startLocalRuntime,
} from '../../../src/runtime/local/local-runtime.ts';
import type { Plan } from '../../../src/topology/plan.ts';
import { until, useServers } from './servers.ts';

const servers = useServers();
// As much of a plan as the triggers look at.
const plan = {
  name: 'shop',
  sources: [{ name: 'clicks' }, { name: 'orders' }],
  stages: [{ name: 'totals', buckets: 2 }],
} as unknown as Plan;

test('every source, the control table and the tick reach the function', async () => {
  const { options, events } = await wired('one');
  const runtime = startLocalRuntime({ ...options, tickEveryMs: 0 });
  onTestFinished(() => runtime.stop());
  expect([...runtime.pollers.keys()]).toEqual(['clicks', 'orders']);
  await runtime.tick();
  await until(() => ['tick', 'aws:kinesis', 'aws:dynamodb'].every((kind) => events.includes(kind)));
  await until(() => events.filter((kind) => kind === 'aws:kinesis').length === 2);
});

test('the schedule ticks by itself, and a failing tick is reported', async () => {
  const { options } = await wired('two');
  const errors: unknown[] = [];
  const runtime = startLocalRuntime({
    ...options,
    tickEveryMs: 20,
    onError: (error) => errors.push((error as Error).message),
    invoke: async (event) => {
      if ((event as { tidemark?: string }).tidemark === 'tick') throw new Error('no tick today');
    },
  });
  onTestFinished(() => runtime.stop());
  await until(() => errors.filter((message) => message === 'no tick today').length >= 2);
});

test('a source without a stream is refused before anything starts', async () => {
  const { options } = await wired('three');
  expect(() => startLocalRuntime({ ...options, streams: { clicks: 'a' } })).toThrow(
    expect.objectContaining({
      code: 'SOURCE_MISSING',
      message: expect.stringContaining('"orders"'),
    }),
  );
});

async function wired(controlTable: string) {
  const clicks = await servers.stream();
  const orders = await servers.stream();
  await clicks.put(['click']);
  await orders.put(['order']);
  await servers.table(controlTable);
  const { pk, sk } = bucketKey('totals', 1);
  await servers.dynamodb().send(
    new UpdateItemCommand({
      TableName: controlTable,
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: 'SET target = :t',
      ExpressionAttributeValues: { ':t': { N: '1000' } },
    }),
  );
  const events: string[] = [];
  const options: LocalRuntimeOptions = {
    plan,
    kinesis: servers.kinesis(),
    dynamodb: servers.dynamodb(),
    streams: { clicks: clicks.name, orders: orders.name },
    controlTable,
    invoke: async (event) => {
      const { tidemark, Records } = event as {
        tidemark?: string;
        Records?: { eventSource: string }[];
      };
      events.push(tidemark ?? Records?.[0]?.eventSource ?? '');
    },
  };
  return { options, events };
}
