import { expect, test } from 'vitest';
import { MINUTES, SECONDS } from '../../src/index.ts';
import {
  type IntervalJoinOptions,
  intervalJoin,
  type JoinKind,
  type JoinState,
} from '../../src/operators/interval-join.ts';
import type { Kept } from '../../src/operators/kept.ts';
import type { KeyedFiring } from '../../src/operators/operator.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';

type Firing = KeyedFiring<Kept[], JoinState>;

const firingOf = (kind: JoinKind, options: Partial<IntervalJoinOptions> = {}): Firing =>
  intervalJoin({ kind, beforeMs: MINUTES, afterMs: MINUTES, ...options }).firing as Firing;

const WHOSE = { key: 'k', inputEnded: false };

const event = (side: number, time: number, n = 0): Kept => ({
  time,
  side,
  origin: { lane: 'a', position: '1', index: n },
  json: String(n),
});

test('a timer is asked for when nothing else will look at the key in time, and not again', () => {
  const { fire } = firingOf('inner');
  const first = fire(undefined, [event(0, 1_500)], 2_000, SECONDS, WHOSE);
  expect(first.timers).toEqual([121_500]);
  // It is looked at before these need it: it will ask then.
  const second = fire(first.state, [event(0, 2_500), event(1, 2_600)], 3_000, SECONDS, WHOSE);
  expect(second.timers).toEqual([]);
  const then = fire(second.state, [], 122_000, SECONDS, WHOSE);
  expect(then.timers).toEqual([122_600]);
  expect(fire(then.state, [], 123_000, SECONDS, WHOSE)).toEqual({
    results: [],
    state: undefined,
    timers: [],
  });
});

test('the one that waits longest for a partner is looked at when it has waited in vain', () => {
  const { fire } = firingOf('left', { beforeMs: 0 });
  const events = [event(0, 1_100), event(0, 1_900), event(1, 1_200)];
  const first = fire(undefined, events, 2_000, SECONDS, WHOSE);
  // The first of them has a partner, the right one is told to nobody.
  expect(first.timers).toEqual([61_900]);
  // One that comes later, of an earlier time.
  const second = fire(first.state, [event(0, 500)], 3_000, SECONDS, WHOSE);
  expect(second.results.map(({ windowStart }) => windowStart)).toEqual([1_200]);
  expect(second.timers).toEqual([]);
  const third = fire(second.state, [event(0, 1_300)], 4_000, SECONDS, WHOSE);
  expect(third.timers).toEqual([61_300]);
});

test('what is stored is read back, and asks for nothing new', () => {
  const { fire, stateCodec } = firingOf('outer');
  const events = [
    event(0, -5_000, 1),
    event(0, 1_999, 2),
    event(1, 63_000, 3),
    event(1, 62_000, 4),
  ];
  const { state } = fire(undefined, events, 64_000, SECONDS, WHOSE);
  const writer = new ByteWriter();
  stateCodec.write(state as JoinState, writer, 64_000);
  expect(stateCodec.read(new ByteReader(writer.bytes()), 64_000)).toEqual(state);
  expect(writer.bytes().length).toBeLessThan(32);
});

test('a firing that comes again finds the state as it was', () => {
  const { fire } = firingOf('outer');
  const { state } = fire(undefined, [event(0, 1_000)], 2_000, SECONDS, WHOSE);
  const again = () => fire(state, [event(1, 2_000)], 3_000, SECONDS, WHOSE);
  const before = structuredClone(state);
  expect(again()).toEqual(again());
  expect(state).toEqual(before);
});

test('many events are gone through once, not once for each other one', () => {
  const { fire } = firingOf('inner', { beforeMs: 0, afterMs: 0 });
  const side = (n: number) => Array.from({ length: 200_000 }, (_, time) => event(n, time));
  const { results } = fire(undefined, [...side(0), ...side(1)], 200_000, 200_000, WHOSE);
  expect(results).toHaveLength(200_000);
}, 15_000);
