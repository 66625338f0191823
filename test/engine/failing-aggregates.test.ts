import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  aggregate,
  MINUTES,
  type Plan,
  pipeline,
  TumblingWindow,
  table,
  UserFunctionError,
} from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

interface Reading {
  readonly at: number;
  readonly key: string;
  readonly v: number;
}

const windowed = () =>
  pipeline('test')
    .stream('readings', {
      schema: z.object({ at: z.number(), key: z.string(), v: z.number() }),
      timestamp: ({ at }) => at,
      outOfOrderness: 0,
    })
    .keyBy(({ key }) => key)
    .window(TumblingWindow.of(MINUTES));
const STAGE = { name: 'odd' };
const out = table('out');

const product = {
  create: () => 1,
  add: (held: number, { v }: Reading) => held * v,
  merge: (a: number, b: number) => a * b,
  finish: (held: number): unknown => String(held),
};
const times = ({ at, key, v }: Reading, other: Reading): Reading => ({ at, key, v: v * other.v });
const bad = (): never => {
  throw new Error('what nobody else may see');
};

async function ran(plan: Plan, batchSize: number) {
  const driver = testDriver(plan, { batchSize });
  await driver.send(...[1, 2, 3].map((at) => ({ at, key: 'a', v: 1e200 })));
  await driver.end();
  return driver;
}

describe.each([1, 2, 3])('of batches of %i', (batchSize) => {
  test.each<[string, () => Plan]>([
    ['an aggregate', () => windowed().aggregate(aggregate(product), STAGE).to(out)],
    [
      'a commutative reduce',
      () =>
        windowed()
          .reduce(times, { ...STAGE, commutative: true })
          .map(({ value }) => String(value.v))
          .to(out),
    ],
  ])('%s that overflows is what the function makes of all events', async (_what, plan) => {
    const driver = await ran(plan(), batchSize);
    expect(driver.results()).toMatchObject([{ key: 'a', value: 'Infinity' }]);
    expect(driver.deadLetters()).toEqual([]);
  });

  test('a result that is no number is told as null', async () => {
    const plan = windowed()
      .aggregate({ ...product, finish: (held: number) => held }, STAGE)
      .to(out);
    const driver = await ran(plan, batchSize);
    expect(driver.results()).toMatchObject([{ key: 'a', value: null }]);
  });

  test('a result that is no JSON is a dead letter, and holds nobody', async () => {
    const plan = windowed()
      .aggregate({ ...product, finish: () => new Map() }, STAGE)
      .to(out);
    const driver = await ran(plan, batchSize);
    expect(driver.results()).toEqual([]);
    expect(driver.deadLetters()).toMatchObject([{ reason: 'VALUE' }]);
  });

  test.each<[string, () => Plan, string]>([
    [
      'a reduce',
      () => windowed().reduce(bad, STAGE).to(out),
      'the function of reduce() threw Error in stage odd',
    ],
    [
      'a commutative reduce',
      () =>
        windowed()
          .reduce(bad, { ...STAGE, commutative: true })
          .to(out),
      'the function of reduce() threw Error in stage odd',
    ],
    [
      'a finish',
      () =>
        windowed()
          .aggregate({ ...product, finish: bad }, STAGE)
          .to(out),
      'finish of an aggregate threw Error in stage odd',
    ],
    [
      'a finish that answers later',
      () =>
        windowed()
          .aggregate({ ...product, finish: () => Promise.reject(new Error('later')) }, STAGE)
          .to(out),
      'finish of an aggregate threw TypeError in stage odd',
    ],
  ])('%s that throws holds its bucket, with a typed error', async (_what, plan, message) => {
    const failure = await ran(plan(), batchSize).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserFunctionError);
    expect(failure).toMatchObject({
      message,
      stage: 'odd',
      hint: expect.stringMatching(/corrected function is deployed/),
      cause: expect.any(Error),
    });
  });
});

describe('a merge that throws', () => {
  const plan = () =>
    windowed()
      .aggregate({ ...product, merge: (a, b) => (a === 1 ? b : bad()) }, STAGE)
      .to(out);

  test('while gathering, sets the event aside', async () => {
    const driver = await ran(plan(), 3);
    expect(driver.results()).toMatchObject([{ key: 'a', value: '1e+200' }]);
    const detail = expect.stringMatching(/threw Error: what nobody/);
    expect(driver.deadLetters()).toMatchObject([
      { reason: 'FUNCTION', detail },
      { reason: 'FUNCTION', detail },
    ]);
  });

  test('while firing, holds its bucket with a typed error', async () => {
    await expect(ran(plan(), 1)).rejects.toMatchObject({
      code: 'USER_FUNCTION',
      message: 'merge of an aggregate threw Error in stage odd',
    });
  });
});
