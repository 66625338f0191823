import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ConsumedUnits } from '../../src/dynamodb/units.ts';
import { DeadlineError, UnavailableError } from '../../src/errors.ts';
import { type DynamoStoreOptions, dynamoStore } from '../../src/store/dynamodb.ts';
import { type LocalDynamo, localClient, startDynamo } from '../support/dynamodb.ts';
import { type Fault, type FaultProxy, startFaultProxy, throttle } from '../support/fault-proxy.ts';

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

describe('a call that fails', () => {
  test('is repeated until it succeeds', async () => {
    proxy.inject('UpdateItem', throttle(), {
      kind: 'answer',
      status: 500,
      type: 'InternalServerError',
    });
    const key = { pk: 'repeated', sk: 'a' };
    expect(await open().update('control', key, { add: { epoch: 1 } })).toEqual({
      ...key,
      epoch: 1,
    });
    expect(proxy.calls).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
  });

  const passing: readonly (readonly [string, Fault])[] = [
    ['ProvisionedThroughputExceededException', throttle()],
    ['ThrottlingException', throttle('ThrottlingException')],
    ['RequestLimitExceeded', throttle('RequestLimitExceeded')],
    ['InternalServerError', { kind: 'answer', status: 500, type: 'InternalServerError' }],
    ['TimeoutError', { kind: 'lose reply' }],
  ];
  test.each(passing)('is unavailable after the last retry: %s', async (name, fault) => {
    proxy.inject('GetItem', fault);
    const error = await caught(open({ maxAttempts: 1 }).get('control', { pk: 'a', sk: 'a' }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ retryable: true, cause: { name } });
  });

  test('is unavailable if nobody listens', async () => {
    const client = localClient('http://127.0.0.1:1', { maxAttempts: 2 });
    const store = dynamoStore({ client, tables: dynamo.names });
    expect(await caught(store.get('control', { pk: 'a', sk: 'a' }))).toBeInstanceOf(
      UnavailableError,
    );
  });

  test('is thrown as it is if it would fail again', async () => {
    const store = dynamoStore({
      client: dynamo.client,
      tables: { control: 'no-such-table', state: 'no-such-table' },
    });
    const error = await caught(store.update('control', { pk: 'a', sk: 'a' }, {}));
    expect(error).toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('is given up after five seconds of silence, and repeated', { timeout: 20_000 }, async () => {
    proxy.inject('GetItem', { kind: 'hang' });
    const started = performance.now();
    expect(await open().get('control', { pk: 'silence', sk: 'a' })).toBeUndefined();
    expect(performance.now() - started).toBeGreaterThan(4_000);
    expect(proxy.calls).toHaveLength(2);
  });
});

describe('an update whose reply is lost', () => {
  const key = { sk: 'a' };
  const claim = { set: { owner: 'me' } };

  test('has happened although the store is unavailable', async () => {
    proxy.inject('UpdateItem', { kind: 'lose reply' });
    const lost = open({ maxAttempts: 1 }).update('control', { ...key, pk: 'lost' }, claim);
    expect(await caught(lost)).toBeInstanceOf(UnavailableError);
    expect(await open().get('control', { ...key, pk: 'lost' })).toMatchObject({ owner: 'me' });
  });

  test('may be refused by what it wrote itself', async () => {
    proxy.inject('UpdateItem', { kind: 'lose reply' });
    const own = { ...key, pk: 'own' };
    expect(await open().update('control', own, claim, { exists: false })).toBeUndefined();
    expect(await open().get('control', own)).toMatchObject({ owner: 'me' });
  });
});

describe('items left unprocessed', () => {
  test('are sent again, and only they', async () => {
    proxy.inject('BatchWriteItem', leave(20), leave(20), leave(3));
    const waits: number[] = [];
    const consumed: ConsumedUnits[] = [];
    const items = itemsOf('left', 25);
    await open({}, { waits, consumed }).putAll('state', items);
    const range = { pk: 'left', from: '0', to: '9' };
    expect((await open().query('state', range)).items).toEqual(items);
    expect(proxy.calls.filter((call) => call === 'BatchWriteItem')).toHaveLength(4);
    expect(consumed.map(({ writeUnits }) => writeUnits)).toEqual([5, 0, 17, 3]);
    expect(waits).toEqual([25, 50, 100]);
  });

  test('make the store unavailable after ten tries', async () => {
    proxy.inject('BatchWriteItem', ...Array.from({ length: 20 }, () => leave(1)));
    const waits: number[] = [];
    const error = await caught(open({}, { waits }).putAll('state', itemsOf('never', 2)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(proxy.calls).toHaveLength(10);
    expect(waits).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  test('do not let other requests start once they have failed', async () => {
    proxy.inject('BatchWriteItem', ...Array.from({ length: 20 }, () => leave(25)));
    const store = open({}, { waits: [], concurrency: 2, triesMax: 1 });
    expect(await caught(store.putAll('state', itemsOf('many', 200)))).toBeInstanceOf(
      UnavailableError,
    );
    expect(proxy.calls).toHaveLength(2);
  });
});

describe('a deadline', () => {
  test('ends a call that hangs, and nothing is sent after it', async () => {
    proxy.inject('UpdateItem', { kind: 'hang' });
    const deadline = new AbortController();
    const bounded = open().until(deadline.signal);
    const hanging = caught(bounded.update('control', { pk: 'hang', sk: 'a' }, {}));
    await until(() => proxy.calls.length === 1);
    deadline.abort();
    expect(await hanging).toBeInstanceOf(DeadlineError);
    await pause(300);
    expect(proxy.calls).toHaveLength(1);
  });

  test('ends a wait before a retry of the SDK', async () => {
    proxy.inject('UpdateItem', ...Array.from({ length: 8 }, () => throttle()));
    const bounded = open().until(AbortSignal.timeout(100));
    const started = performance.now();
    const error = await caught(bounded.update('control', { pk: 'sdk', sk: 'a' }, {}));
    expect(error).toBeInstanceOf(DeadlineError);
    expect(performance.now() - started).toBeLessThan(900);
  });

  test('ends a wait for unprocessed items', async () => {
    proxy.inject('BatchWriteItem', ...Array.from({ length: 20 }, () => leave(1)));
    const slow = { baseMs: 60_000, capMs: 60_000, random: () => 0.5 };
    const store = dynamoStore({
      client: localClient(proxy.endpoint),
      tables: dynamo.names,
      backoff: slow,
    });
    const put = caught(store.until(AbortSignal.timeout(300)).putAll('state', itemsOf('wait', 1)));
    expect(await put).toBeInstanceOf(DeadlineError);
    expect(proxy.calls).toHaveLength(1);
  });
});

describe('the cost of a call', () => {
  const large = 'x'.repeat(4_500);
  const key = { pk: 'cost', sk: 'a' };

  test.each(['told', 'estimated'])('is reported as %s', async (how) => {
    const hidden: Fault[] = how === 'told' ? [] : [{ kind: 'hide cost' }];
    for (const operation of ['UpdateItem', 'GetItem', 'Query', 'BatchWriteItem']) {
      proxy.inject(operation, ...hidden);
    }
    const consumed: ConsumedUnits[] = [];
    const store = open({}, { consumed });
    await store.update('control', key, { set: { large } });
    await store.get('control', key);
    await store.update('control', key, { set: { large } }, { exists: false });
    await store.putAll('state', [
      { ...key, large },
      { ...key, sk: 'b' },
    ]);
    await store.query('state', { pk: 'cost', from: 'a', to: 'b' });
    const { control, state } = dynamo.names;
    expect(consumed).toEqual([
      { table: control, writeUnits: 5 },
      { table: control, readUnits: 2 },
      { table: control, writeUnits: 1 },
      { table: state, writeUnits: 6 },
      { table: state, readUnits: 2 },
    ]);
  });
});

interface Watch {
  readonly waits?: number[];
  readonly consumed?: ConsumedUnits[];
  readonly concurrency?: number;
  readonly triesMax?: number;
}

/** A store behind the proxy. With `waits`, it notes how long it would sleep, and does not. */
function open(client: DynamoDBClientConfig = {}, watch: Watch = {}) {
  const { waits, consumed, concurrency, triesMax = 10 } = watch;
  const sleep = async (ms: number) => void waits?.push(ms);
  const options: DynamoStoreOptions = {
    client: localClient(proxy.endpoint, client),
    tables: dynamo.names,
    onConsumed: (units) => consumed?.push(units),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(waits === undefined ? {} : { backoff: { random: () => 0.5, sleep, triesMax } }),
  };
  return dynamoStore(options);
}

const leave = (count: number): Fault => ({ kind: 'leave', count });

const itemsOf = (pk: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ pk, sk: String(at).padStart(3, '0') }));

async function caught(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('the call was expected to fail'),
    (error: unknown) => error,
  );
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}
