import { evolution, pipeline, replay, SECONDS, table } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import * as z from 'zod';
import { at, clock } from './time-of-day.ts';

const movement = z.object({
  timestamp: z.iso.datetime(),
  account: z.string(),
  kind: z.enum(['paid in', 'paid out']),
  amount: z.int(),
});
type Movement = z.infer<typeof movement>;

/** What each event does to the state. The events are the truth; the balance can always be made anew. */
const balance = evolution<Movement, number>({
  initial: 0,
  apply: (state, { kind, amount }) => (kind === 'paid in' ? state + amount : state - amount),
});

export const plan = pipeline('accounts')
  .stream('movements', {
    schema: movement,
    timestamp: (e) => e.timestamp,
    outOfOrderness: 30 * SECONDS,
  })
  .keyBy((e) => e.account)
  .evolve({ ...balance, name: 'balances' })
  .audit()
  .to(table('statement'));

export const movements: readonly Movement[] = [
  { timestamp: at('09:00:00'), account: 'ada', kind: 'paid in', amount: 100 },
  { timestamp: at('09:20:00'), account: 'ada', kind: 'paid out', amount: 30 },
  { timestamp: at('09:19:50'), account: 'ada', kind: 'paid in', amount: 50 },
  { timestamp: at('10:00:00'), account: 'ada', kind: 'paid out', amount: 75 },
];

const driver = testDriver<{ event: Movement; after: number }>(plan);
await driver.send(...movements);
await driver.end();
for (const { time, value } of driver.events()) {
  const { event, after } = value;
  console.log(
    `${clock(time)} ${event.kind.padEnd(8)} ${String(event.amount).padStart(3)}, then ${after}`,
  );
}

// Any earlier state, from the events alone.
const way = { timestamp: (e: Movement) => e.timestamp, keyBy: (e: Movement) => e.account };
const states = replay(balance, movements, { ...way, until: at('09:30:00') });
console.log(`at 09:30 there were ${states.get('ada')}`);
