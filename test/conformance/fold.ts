import * as z from 'zod';
import { pipeline, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference } from './compare.ts';
import type { Vector } from './vector.ts';

/**
 * Accounts that events open, add to, subtract from and close. Kafka Streams folds in the order of
 * arrival, whatever the times say: so here the time of an event is its place in the log.
 */
export async function fold({ inputs, params, expected }: Vector): Promise<Check[]> {
  const driver = testDriver<number>(accounts(Number(params.initial)));
  const sent: number[] = [];
  const saysNothing: number[] = [];
  for (const { type, i, key, value } of inputs) {
    if (type !== 'record') continue;
    await driver.send({ i, key, value });
    sent.push(i);
    if (key !== null && value === null) saysNothing.push(i);
  }
  await driver.end();
  const finals = [...driver.rows()].map(([key, value]) => `${key} = ${value}`);
  const updates = driver.takeOutputs().map((one) => line(one.windowStart, one.key, one.value));
  // What has no key makes a dead letter; what says nothing is filtered out.
  const dropped = [...driver.deadLetters().map(({ number }) => sent[number]), ...saysNothing];
  return [
    {
      name: 'finals',
      difference: difference(
        expected.finals.map(({ key, value }) => `${key} = ${value}`),
        finals,
      ),
    },
    {
      name: 'updates',
      difference: difference(
        expected.updates.map(({ after, key, value }) => line(after, key, value)),
        updates,
      ),
    },
    {
      name: 'late',
      difference: difference(
        expected.late.map(({ i }) => String(i)),
        dropped.map(String),
      ),
    },
  ];
}

const line = (after: unknown, key: string, value: unknown): string =>
  `${key} after ${after} = ${value ?? 'deleted'}`;

const accounts = (initial: number) =>
  pipeline('vector')
    .stream('in', {
      schema: z.object({ i: z.number(), key: z.string().nullable(), value: z.string().nullable() }),
      timestamp: ({ i }) => i,
      outOfOrderness: 0,
    })
    .filter(({ value }) => value !== null)
    .keyBy(({ key }) => key as string)
    .evolve({
      name: 'accounts',
      initial,
      apply(balance: number, { value }) {
        const [verb, amount = ''] = (value ?? '').split(':');
        if (verb === 'close') return undefined;
        if (verb === 'open') return Number(amount);
        return balance + (verb === 'add' ? 1 : -1) * Number(amount);
      },
    })
    .to(table('accounts'));
