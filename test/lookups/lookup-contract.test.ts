import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Attributes } from '../../src/dynamodb/attribute-value.ts';
import { encodeDocument } from '../../src/dynamodb/document-value.ts';
import type { ConsumedUnits } from '../../src/dynamodb/units.ts';
import { UnavailableError } from '../../src/errors.ts';
import { dynamoLookup } from '../../src/lookups/dynamodb.ts';
import { memoryLookup } from '../../src/lookups/memory.ts';
import { lookupContract } from '../../src/testing/contracts/lookup-contract.ts';
import {
  createForeignTable,
  type LocalDynamo,
  localClient,
  startDynamo,
} from '../support/dynamodb.ts';
import { type FaultProxy, startFaultProxy, throttle } from '../support/fault-proxy.ts';

test('the contract has its cases', () => expect(lookupContract.length).toBeGreaterThan(5));

describe('memoryLookup', () => {
  test.each(lookupContract)('$name', ({ run }) => {
    const lookup = memoryLookup();
    return run({ lookup, put: async (row) => lookup.put(row.id, row) });
  });

  test('has the rows that it was made of', async () => {
    const lookup = memoryLookup([['a', { price: 1 }]]);
    expect(await lookup.getAll(['b', 'a'], { consistent: false })).toEqual([
      undefined,
      { price: 1 },
    ]);
    lookup.delete('a');
    expect(await lookup.getAll(['a'], { consistent: false })).toEqual([undefined]);
  });
});

describe('dynamoLookup', () => {
  let dynamo: LocalDynamo;
  let proxy: FaultProxy;
  beforeAll(async () => {
    dynamo = await startDynamo();
    await createForeignTable(dynamo.client, 'products', { name: 'id', type: 'S' });
    await createForeignTable(dynamo.client, 'shops', { name: 'id', type: 'N' });
  }, 60_000);
  afterAll(() => dynamo.stop());
  beforeEach(async () => {
    proxy = await startFaultProxy(dynamo.endpoint);
  });
  afterEach(() => proxy.stop());

  const put = async (TableName: string, Item: Attributes): Promise<void> => {
    await dynamo.client.send(new PutItemCommand({ TableName, Item }));
  };
  const putRow = (row: object) => put('products', encodeDocument(row).M as Attributes);
  const open = (options: { tableName?: string; maxAttempts?: number } = {}) => {
    const { maxAttempts = 8, tableName = 'products' } = options;
    const consumed: ConsumedUnits[] = [];
    const lookup = dynamoLookup({
      client: localClient(proxy.endpoint, { maxAttempts }),
      tableName,
      keyAttribute: 'id',
      backoff: { baseMs: 1 },
      onConsumed: (units) => consumed.push(units),
    });
    return { lookup, consumed };
  };

  test.each(lookupContract)('$name', ({ run }) => {
    const lookup = dynamoLookup({
      client: dynamo.client,
      tableName: 'products',
      keyAttribute: 'id',
    });
    return run({ lookup, put: putRow });
  });

  test('reads a hundred keys with a request, and none for no key', async () => {
    const { lookup } = open();
    const ids = Array.from({ length: 250 }, (_, n) => `many-${n}`);
    for (const id of ids) await putRow({ id });
    expect(await lookup.getAll(ids, { consistent: false })).toEqual(ids.map((id) => ({ id })));
    expect(proxy.calls).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem']);
    await lookup.getAll([], { consistent: false });
    expect(proxy.calls).toHaveLength(3);
  });

  test('asks again for the keys that were left out, and only for them', async () => {
    const { lookup } = open();
    const ids = ['left-1', 'left-2', 'left-3'];
    for (const id of ids) await putRow({ id });
    proxy.inject('BatchGetItem', { kind: 'leave', count: 2 }, { kind: 'leave', count: 1 });
    expect(await lookup.getAll(ids, { consistent: false })).toEqual(ids.map((id) => ({ id })));
    expect(proxy.calls).toHaveLength(3);
  });

  test.each([
    [throttle(), 'ProvisionedThroughputExceededException'],
    [{ kind: 'answer', status: 500, type: 'InternalServerError' }, 'InternalServerError'],
  ] as const)('is unavailable for what may pass: %o', async (fault, name) => {
    const { lookup } = open({ maxAttempts: 1 });
    proxy.inject('BatchGetItem', fault);
    const error = await lookup.getAll(['a'], { consistent: false }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ retryable: true, cause: { name } });
  });

  test('throws what will not pass as it is', async () => {
    const { lookup } = open({ tableName: 'nothing' });
    await expect(lookup.getAll(['a'], { consistent: false })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('has numbers for keys, however the table spells them', async () => {
    await put('shops', { id: { N: '7.0' }, name: { S: 'Seven' } });
    await put('shops', { id: { N: '1e21' }, name: { S: 'Many' } });
    const { lookup } = open({ tableName: 'shops' });
    expect(await lookup.getAll([1e21, 8, 7], { consistent: true })).toEqual([
      { id: 1e21, name: 'Many' },
      undefined,
      { id: 7, name: 'Seven' },
    ]);
  });

  test('gives sets as lists', async () => {
    const sets = { tags: { SS: ['a', 'b'] }, sizes: { NS: ['1', '2.5'] } };
    await put('products', { id: { S: 'sets' }, ...sets, bytes: { BS: [Uint8Array.of(1)] } });
    const [row] = await open().lookup.getAll(['sets'], { consistent: true });
    expect(row).toEqual({
      id: 'sets',
      tags: ['a', 'b'],
      sizes: [1, 2.5],
      bytes: [Uint8Array.of(1)],
    });
  });

  test('costs half of it unless it is consistent', async () => {
    await putRow({ id: 'cost', text: 'x'.repeat(5_000) });
    const { lookup, consumed } = open();
    await lookup.getAll(['cost'], { consistent: true });
    await lookup.getAll(['cost'], { consistent: false });
    proxy.inject('BatchGetItem', { kind: 'hide cost' });
    await lookup.getAll(['cost'], { consistent: false });
    expect(consumed.map(({ readUnits }) => readUnits)).toEqual([2, 1, 1]);
  });
});
