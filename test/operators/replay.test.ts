import { expect, test } from 'vitest';
import {
  evolution,
  type HistoryOptions,
  history,
  replay,
  UserFunctionError,
} from '../../src/index.ts';

interface Booking {
  readonly at: string;
  readonly account: number;
  readonly amount: number;
}

/** A balance; an account that is empty is closed. */
const balance = evolution<Booking, { total: number; last: number }>({
  initial: { total: 0, last: 0 },
  apply(state, { amount }, { time }) {
    state.total += amount;
    state.last = time;
    return state.total === 0 ? null : state;
  },
});

const second = (n: number): string => new Date(n * 1_000).toISOString();

const bookings: readonly Booking[] = [
  { at: second(1), account: 1, amount: 10 },
  { at: second(5), account: 1, amount: -3 },
  { at: second(3), account: 2, amount: 4 },
  { at: second(4), account: 2, amount: -4 },
  { at: second(4), account: 1, amount: 100 },
  { at: second(9), account: 2, amount: 7 },
];
const way = { timestamp: ({ at }: Booking) => at, keyBy: ({ account }: Booking) => account };

test.each`
  until        | states
  ${undefined} | ${{ 1: 107, 2: 7 }}
  ${9_000}     | ${{ 1: 107, 2: 7 }}
  ${8_999}     | ${{ 1: 107 }}
  ${second(4)} | ${{ 1: 110 }}
  ${3_500}     | ${{ 1: 10, 2: 4 }}
  ${0}         | ${{}}
`('states as they were at $until', ({ until, states }) => {
  const then = replay(balance, bookings, until === undefined ? way : { ...way, until });
  const totals = [...then].map(([key, { total }]) => [key, total]);
  expect(Object.fromEntries(totals)).toEqual(states);
});

test('the history of a key has each event with what it did', () => {
  expect(history(balance, bookings, { ...way, key: 2 })).toEqual([
    { ...entry(2, 3_000), before: undefined, after: { total: 4, last: 3_000 } },
    { ...entry(3, 4_000), before: { total: 4, last: 3_000 }, after: undefined },
    { ...entry(5, 9_000), before: undefined, after: { total: 7, last: 9_000 } },
  ]);
  const all = history(balance, bookings, { ...way, until: 4_000 });
  expect(all.map(({ key, time }) => `${key}@${time}`)).toEqual([
    '1@1000',
    '2@3000',
    '2@4000',
    '1@4000',
  ]);
});

const entry = (n: number, time: number) => ({ key: '2', time, event: bookings[n], revision: 0 });

test('neither events nor states that were given out are changed', () => {
  const list = evolution<{ at: number; items: string[] }, string[]>({
    initial: [],
    apply(state, event) {
      state.push(...event.items.splice(0));
      return state;
    },
  });
  const events = [1, 2].map((at) => ({ at, items: [`item ${at}`] }));
  const options = { timestamp: ({ at }: { at: number }) => at, keyBy: () => 'k' };
  expect(history(list, events, options).map(({ after }) => after)).toEqual([
    ['item 1'],
    ['item 1', 'item 2'],
  ]);
  expect(events.map(({ items }) => items.length)).toEqual([1, 1]);
  expect(list.initial).toEqual([]);
});

test.each<[string, Partial<HistoryOptions<Booking>>, string]>([
  ['an event without time', { timestamp: () => 'yesterday' }, 'BAD_RECORD'],
  ['an event without key', { keyBy: () => undefined as never }, 'BAD_RECORD'],
  ['no instant', { until: 'noon' }, 'SETTING_INVALID'],
  ['no timestamp', { timestamp: undefined as never }, 'SETTING_INVALID'],
  ['no key', { keyBy: 'account' as never }, 'SETTING_INVALID'],
])('%s is refused', (_, options, code) => {
  expect(() => replay(balance, bookings, { ...way, ...options })).toThrow(
    expect.objectContaining({ code }),
  );
});

test('what apply throws is told with its time, and the cause', () => {
  const cause = new Error('no such account');
  const broken = evolution<Booking, number>({
    initial: 0,
    apply() {
      throw cause;
    },
  });
  const run = (): unknown => replay(broken, bookings, way);
  expect(run).toThrow(UserFunctionError);
  expect(run).toThrow(expect.objectContaining({ cause }));
  expect(run).toThrow('apply threw Error at 1970-01-01T00:00:01.000Z');
});
