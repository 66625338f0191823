import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dynamoStore } from '../../src/store/dynamodb.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { storeContract } from '../../src/testing/contracts/store-contract.ts';
import { type LocalDynamo, startDynamo } from '../support/dynamodb.ts';

test('the contract has its cases', () => {
  expect(storeContract.length).toBeGreaterThan(25);
  expect(new Set(storeContract.map(({ name }) => name)).size).toBe(storeContract.length);
});

describe('memoryStore', () => {
  test.each(storeContract)('$name', ({ run }) => run(memoryStore()));
});

describe('memoryStore with pages of one item', () => {
  test.each(storeContract)('$name', ({ run }) => run(memoryStore({ pageSize: 1 })));
});

describe('dynamoStore', () => {
  let dynamo: LocalDynamo;
  beforeAll(async () => {
    dynamo = await startDynamo();
  }, 60_000);
  afterAll(() => dynamo.stop());

  const runCase = ({ run }: (typeof storeContract)[number]) =>
    run(dynamoStore({ client: dynamo.client, tables: dynamo.names }));
  test.each(storeContract.filter(({ name }) => name !== DYNALITE_BREAKS))('$name', runCase);
  test.fails.each(storeContract.filter(({ name }) => name === DYNALITE_BREAKS))('$name', runCase);
});

/** In conditions it compares text by UTF-16, as `<` does in JavaScript; in ranges by UTF-8. */
const DYNALITE_BREAKS = 'compares text by its UTF-8 bytes';
