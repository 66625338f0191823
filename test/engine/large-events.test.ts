import { expect, test } from 'vitest';
import * as z from 'zod';
import { type Plan, pipeline, SECONDS, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const begin = pipeline('large');
const stream = (name: string) =>
  begin
    .stream(name, {
      schema: z.object({ at: z.number(), key: z.string(), text: z.string() }),
      timestamp: ({ at }) => at,
      outOfOrderness: 0,
    })
    .keyBy(({ key }) => key);
const events = () => stream('events');
const one = { buckets: 1 };

/** Whatever remembers an event as it is: a text of one letter takes next to nothing until it is unpacked. */
const PLANS: Readonly<Record<string, () => Plan>> = {
  'a table': () => events().toTable(one).to(table('told')),
  'a join of tables': () =>
    events()
      .toTable()
      .leftJoin(stream('others').toTable(), { name: 'join', ...one })
      .to(table('told')),
  'a join of tables on another key': () =>
    events()
      .toTable(one)
      .leftJoinOn(stream('others').toTable(), ({ key }) => key, { name: 'join', ...one })
      .to(table('told')),
  'event sourcing with late events': () =>
    events()
      .evolve({
        name: 'evolve',
        ...one,
        initial: 0,
        apply: (_, { text }) => text.length,
        allowedLateness: 1 * SECONDS,
      })
      .to(table('told')),
  'a join of streams': () =>
    events()
      .leftJoin(stream('others'), { name: 'join', ...one, after: 1 * SECONDS })
      .to(table('told')),
};

test.each(Object.entries(PLANS))(
  'an event that no key can remember is set aside by %s, and those of other keys go on',
  async (_, plan) => {
    const driver = testDriver<unknown>(plan());
    const send = (at: number, key: string, length: number) =>
      driver.stream('events').send({ at, key, text: 'x'.repeat(length) });
    await send(0, 'large', 900_000);
    await send(1, 'fits', 380_000);
    await send(2, 'small', 10);
    await driver.end();
    const told = new Set(driver.takeOutputs().map(({ key }) => key));
    expect([...told].sort()).toEqual(['fits', 'small']);
    expect(driver.deadLetters()).toMatchObject([
      {
        number: 0,
        reason: 'VALUE',
        detail: expect.stringMatching(/^an event takes 9000\d\d bytes/),
      },
    ]);
  },
);
