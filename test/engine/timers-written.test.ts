import { expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  type Stream,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

const EVENTS = 200;
const NOW = 1_000_000_000;
const OUT = table('out');
const named = { name: 's' };

interface Event {
  readonly at: number;
  readonly key: string;
}
interface Told {
  to(sink: typeof OUT): Plan;
}

/** Each remembers what a minute holds: 30 events, of 200 that come every other second. */
test.each<[string, (events: Stream<Event>) => Told]>([
  [
    'the look-back at each event',
    (events) => keyed(events).window(SlidingWindow.of(1, MINUTES)).count(named),
  ],
  [
    'sets of events near one another',
    (events) => keyed(events).window(SlidingWindow.ofTimeDifference(1, MINUTES)).count(named),
  ],
  [
    'a session that goes on',
    (events) => keyed(events).window(SessionWindow.withGap(1, MINUTES)).count(named),
  ],
  [
    'sessions that still take late events',
    (events) =>
      keyed(events).window(SessionWindow.withGap(1, SECONDS)).allowedLateness(MINUTES).count(named),
  ],
  [
    'windows that tell early and take late events',
    (events) =>
      keyed(events)
        .window(TumblingWindow.of(10, SECONDS))
        .allowedLateness(MINUTES)
        .emit({ every: SECONDS })
        .count(named),
  ],
  ['duplicates', (events) => events.dedupe({ by: ({ key }) => key, within: MINUTES, ...named })],
  [
    'a join of all with all',
    (events) => keyed(events).outerJoin(keyed(events), { within: MINUTES, ...named }),
  ],
  [
    'events that late ones may come before',
    (events) =>
      keyed(events)
        .evolve({ initial: 0, apply: (n: number) => n + 1, allowedLateness: MINUTES, ...named })
        .audit(),
  ],
  [
    'timers of an author',
    (events) =>
      keyed(events).process({
        ...named,
        onEvent: ({ time, setTimer }) => setTimer(time + MINUTES),
        onTimer: ({ emit }) => emit(1),
      }),
  ],
])('%s: timers are written for what is new, not for all that is remembered', async (_, toldOf) => {
  const events = pipeline('test').stream('in', {
    schema: z.object({ at: z.number(), key: z.string() }),
    timestamp: ({ at }) => at,
    outOfOrderness: 0,
  });
  const written = await timersWritten(toldOf(events).to(OUT));
  expect(written).toBeGreaterThan(0);
  // One for each firing at events, and one for each that a timer asked for.
  expect(written).toBeLessThanOrEqual(2 * EVENTS);
});

const keyed = (events: Stream<Event>) => events.keyBy(({ key }) => key);

/** How many items one key writes while it fires that ask to look at it again. */
async function timersWritten(plan: Plan): Promise<number> {
  const store = memoryStore();
  let items = 0;
  const log = memoryLog(() => NOW);
  const running = engine(plan, {
    store: {
      ...store,
      putAll(into, all) {
        items += all.filter(({ sk }) => sk.includes('#timer@')).length;
        return store.putAll(into, all);
      },
    },
    clock: () => NOW,
    sources: { in: log },
    sinks: { out: memorySink() },
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
  });
  log.open('lane', []);
  for (let n = 0; n < EVENTS; n++) {
    log.append('lane', JSON.stringify({ at: n * 2 * SECONDS, key: 'a' }), NOW);
  }
  await running.gather('in', 'lane', log.records('lane'));
  await running.raise('in', 'lane', EVENTS * 2 * SECONDS);
  for (let bucket = 0; bucket < 4; bucket++) await running.fire('s', bucket, () => false);
  return items;
}
