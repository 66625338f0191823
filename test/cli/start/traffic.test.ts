import { describe, expect, test } from 'vitest';
import { Agenda } from '../../../src/cli/start/agenda.ts';
import { PAGES } from '../../../src/cli/start/pages.ts';
import { BROKEN_CLOCK_USER, type ClickEvent } from '../../../src/cli/start/session.ts';
import { traffic } from '../../../src/cli/start/traffic.ts';
import type { TrafficItem } from '../../../src/cli/start/traffic-item.ts';
import { seeded } from '../../../src/seeded.ts';
import fc from '../../support/fast-check.ts';

const START = Date.parse('2026-03-01T12:00:00Z');
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

test('the same seed gives the same traffic, another seed another', () => {
  expect(generate(7, 500)).toEqual(generate(7, 500));
  expect(generate(7, 500)).not.toEqual(generate(8, 500));
});

test('without an end it is generated as it is asked for', () => {
  let taken = 0;
  for (const item of traffic({ random: seeded(1), startTime: START })) {
    expect(item.arrivalTime).toBeGreaterThanOrEqual(START);
    taken += 1;
    if (taken === 1_000) break;
  }
  expect(taken).toBe(1_000);
});

test('however long it goes on, the broken clock has the same share of it', () => {
  let seen = 0;
  let broken = 0;
  for (const { line } of traffic({ random: seeded(1), startTime: START, events: 200_000 })) {
    seen += 1;
    if (seen > 150_000 && String(line).includes(BROKEN_CLOCK_USER)) broken += 1;
  }
  expect(broken).toBeGreaterThan(0);
  expect(broken / 50_000).toBeLessThan(0.01);
});

test('it ends at the end time', () => {
  const endTime = START + 2 * MINUTE_MS;
  const items = [...traffic({ random: seeded(1), startTime: START, endTime })];
  expect(items.length).toBeGreaterThan(500);
  expect(items.at(-1)?.arrivalTime).toBeLessThanOrEqual(endTime);
  expect(items.at(-1)?.arrivalTime).toBeGreaterThan(endTime - 5_000);
});

test.each([1, 2, 3, 4, 5])('seed %i: every kind of oddity is among the first 2,000', (seed) => {
  const items = generate(seed, 2_000);
  const kinds = items.map(kindOf);
  for (const kind of ['truncated', 'without timestamp', 'very late', 'broken clock']) {
    expect(kinds).toContain(kind);
  }
  const lateClicks = items.filter((item, index) => kinds[index] === 'very late' && isClick(item));
  expect(lateClicks.length).toBeGreaterThan(0);
  expect(kinds.filter((kind) => kind === 'ordinary').length).toBeGreaterThan(1_900);
});

describe('20,000 events', () => {
  const items = generate(1, 20_000);
  const ordinary = items.filter((item) => kindOf(item) === 'ordinary').map((item) => eventOf(item));

  test('come in the order of arrival, about eight a second from the start on', () => {
    const times = items.map((item) => item.arrivalTime);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.every((time) => Number.isInteger(time))).toBe(true);
    const minutes = ((times.at(-1) ?? 0) - START) / MINUTE_MS;
    expect(minutes).toBeGreaterThan(30);
    expect(minutes).toBeLessThan(60);
    expect(times.filter((time) => time < START + MINUTE_MS).length).toBeGreaterThan(300);
  });

  test('are out of order, mostly by less than two seconds, never by more than 25', () => {
    const delays = items
      .filter((item) => kindOf(item) === 'ordinary')
      .map((item) => item.arrivalTime - Date.parse(eventOf(item).timestamp))
      .sort((a, b) => a - b);
    expect(delays[0]).toBeGreaterThanOrEqual(0);
    expect(delays[Math.floor(delays.length * 0.95)]).toBeLessThan(2_000);
    expect(delays.at(-1)).toBeGreaterThan(15_000);
    expect(delays.at(-1)).toBeLessThanOrEqual(25_001);
  });

  test('are very late in one of 500 cases', () => {
    const late = items.filter((item) => kindOf(item) === 'very late');
    expect(late.length).toBeGreaterThan(20);
    expect(late.length).toBeLessThan(70);
    for (const item of late) {
      const delayMs = item.arrivalTime - Date.parse(eventOf(item).timestamp);
      expect(delayMs).toBeGreaterThanOrEqual(10 * MINUTE_MS);
      expect(delayMs).toBeLessThan(41 * MINUTE_MS);
    }
  });

  test('belong to sessions of users, which are the partition keys', () => {
    const sessions = groupSessions(ordinary);
    const lengths = [...sessions.values()].map((events) => events.length);
    const mean = ordinary.length / lengths.length;
    expect(mean).toBeGreaterThan(5);
    expect(mean).toBeLessThan(10);
    for (const events of sessions.values()) {
      expect(new Set(events.map((event) => event.user_id)).size).toBe(1);
    }
    const strays = items.filter(
      (item) => kindOf(item) === 'ordinary' && item.partitionKey !== eventOf(item).user_id,
    );
    expect(strays).toEqual([]);
  });

  test('are mostly clicks on pages of which few are visited much', () => {
    expect(PAGES).toHaveLength(199);
    expect(new Set(PAGES).size).toBe(PAGES.length);
    const share = (action: string) =>
      ordinary.filter((event) => event.action === action).length / ordinary.length;
    expect(share('click')).toBeGreaterThan(0.65);
    expect(['view', 'add_to_cart', 'purchase'].every((action) => share(action) > 0.01)).toBe(true);
    const visits = (page: string) => ordinary.filter((event) => event.url === page).length;
    expect(visits('/')).toBeGreaterThan(1.5 * visits('/products'));
    expect(new Set(ordinary.map((event) => event.url)).size).toBeGreaterThan(150);
  });
});

test('an agenda gives things back in the order of their time', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50), { freq: 3 })), (steps) => {
      const agenda = new Agenda<{ at: number }>();
      const waiting: number[] = [];
      for (const at of [...steps, ...steps.map(() => null)]) {
        if (at === null) {
          waiting.sort((a, b) => a - b);
          expect(agenda.take()?.at).toBe(waiting.shift());
        } else {
          agenda.add({ at });
          waiting.push(at);
        }
      }
    }),
  );
});

const generate = (seed: number, events: number): TrafficItem[] => [
  ...traffic({ random: seeded(seed), startTime: START, events }),
];

function parsedOf(item: TrafficItem): Partial<ClickEvent> | undefined {
  try {
    return JSON.parse(String(item.line)) as Partial<ClickEvent>;
  } catch {
    return undefined;
  }
}

const eventOf = (item: TrafficItem): ClickEvent => JSON.parse(String(item.line)) as ClickEvent;

const isClick = (item: TrafficItem): boolean => eventOf(item).action === 'click';

function kindOf(item: TrafficItem): string {
  const event = parsedOf(item);
  if (event === undefined) return 'truncated';
  if (event.timestamp === undefined) return 'without timestamp';
  const aheadMs = Date.parse(event.timestamp) - item.arrivalTime;
  if (aheadMs > DAY_MS / 2) {
    expect(event.user_id).toBe(BROKEN_CLOCK_USER);
    return 'broken clock';
  }
  return aheadMs < -9 * MINUTE_MS ? 'very late' : 'ordinary';
}

function groupSessions(events: readonly ClickEvent[]): Map<string, ClickEvent[]> {
  const sessions = new Map<string, ClickEvent[]>();
  for (const event of events) {
    sessions.set(event.session_id, [...(sessions.get(event.session_id) ?? []), event]);
  }
  return sessions;
}
