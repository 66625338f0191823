import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ConsumedUnits } from '../../src/dynamodb/units.ts';
import { UnavailableError } from '../../src/errors.ts';
import { tableSink } from '../../src/sinks/dynamodb-table.ts';
import type { Output } from '../../src/sinks/sink.ts';
import { type LocalDynamo, localClient, startDynamo } from '../support/dynamodb.ts';
import { type FaultProxy, startFaultProxy, throttle } from '../support/fault-proxy.ts';

let dynamo: LocalDynamo;
let proxy: FaultProxy;
beforeAll(async () => {
  dynamo = await startDynamo();
}, 60_000);
afterAll(() => dynamo.stop());
beforeEach(async () => {
  proxy = await startFaultProxy(dynamo.endpoint);
});
afterEach(() => proxy.stop());

test('final outputs go by batches of 25, the others one by one', async () => {
  const outputs = Array.from({ length: 60 }, (_, at) =>
    outputOf('mixed', { windowStart: at, final: at >= 3 }),
  );
  await open().write(outputs);
  expect(proxy.calls.toSorted()).toEqual([
    ...Array.from({ length: 3 }, () => 'BatchWriteItem'),
    ...Array.from({ length: 3 }, () => 'PutItem'),
  ]);
});

test('of several outputs for a row one request is sent', async () => {
  const outputs = [0, 1, 2].map((revision) =>
    outputOf('same', { revision, position: `p${revision}`, final: false }),
  );
  await open().write(outputs);
  expect(proxy.calls).toEqual(['PutItem']);
  expect(await revisionOf('same')).toBe('2');
});

test('a write whose reply was lost is not hidden by its repetition', async () => {
  proxy.inject('PutItem', { kind: 'lose reply' });
  proxy.inject('BatchWriteItem', { kind: 'lose reply' });
  await open().write([outputOf('lost'), outputOf('lost-open', { revision: 1, final: false })]);
  expect(await revisionOf('lost')).toBe('0');
  expect(await revisionOf('lost-open')).toBe('1');
  expect(proxy.calls).toHaveLength(4);
});

test('a late repetition of an older revision is not shown', async () => {
  await open().write([outputOf('late', { revision: 1, position: 'p2', final: false })]);
  await open().write([outputOf('late', { revision: 0, position: 'p1', final: false })]);
  expect(await revisionOf('late')).toBe('1');
});

test('rows left unprocessed are sent again', async () => {
  proxy.inject('BatchWriteItem', { kind: 'leave', count: 2 });
  await open().write(['left-a', 'left-b', 'left-c'].map((key) => outputOf(key)));
  expect(await Promise.all(['left-a', 'left-b', 'left-c'].map(revisionOf))).toEqual([
    '0',
    '0',
    '0',
  ]);
  expect(proxy.calls).toHaveLength(2);
});

test.each([true, false])(
  'throttles that last make the sink unavailable (final: %s)',
  async (final) => {
    proxy.inject(final ? 'BatchWriteItem' : 'PutItem', throttle());
    const sink = tableSink({
      client: localClient(proxy.endpoint, { maxAttempts: 1 }),
      tableName: dynamo.names.result,
    });
    await expect(sink.write([outputOf('throttled', { final })])).rejects.toThrow(UnavailableError);
  },
);

test('what a write costs is reported, a refused one included', async () => {
  const consumed: ConsumedUnits[] = [];
  const sink = open((units) => consumed.push(units));
  const large = { value: 'x'.repeat(3_000), final: false };
  await sink.write([outputOf('cost', large)]);
  await sink.write([outputOf('cost', large)]);
  await sink.write(['cost-a', 'cost-b'].map((key) => outputOf(key)));
  expect(consumed).toEqual(
    [3, 3, 2].map((writeUnits) => ({ table: dynamo.names.result, writeUnits })),
  );
});

const open = (onConsumed: (units: ConsumedUnits) => void = () => {}) =>
  tableSink({
    client: localClient(proxy.endpoint),
    tableName: dynamo.names.result,
    onConsumed,
    backoff: { baseMs: 1 },
  });

function outputOf(key: string, fields: Partial<Output> = {}): Output {
  const identity = { stage: 'clicks', bucket: 0, slot: 1_000, chunk: 0, key, index: 0 };
  const window = { windowStart: 0, windowEnd: 1_000, value: 1, revision: 0 };
  const shape = 'windows';
  return { ...identity, shape, ...window, position: 'p0#0', final: true, ...fields };
}

async function revisionOf(key: string): Promise<string | undefined> {
  const command = new GetItemCommand({
    TableName: dynamo.names.result,
    Key: { key: { S: key }, windowStart: { N: '0' } },
    ConsistentRead: true,
  });
  return (await dynamo.client.send(command)).Item?.revision?.N;
}
