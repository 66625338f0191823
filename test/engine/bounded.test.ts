import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  MINUTES,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  type Stream,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { MAX_TIME } from '../../src/time/watermark.ts';

const NOW = 1_000_000_000;
const OUT = table('out');
const named = { name: 's', buckets: 1 };

interface Event {
  readonly at: number;
  readonly key: string;
}
const keyed = (events: Stream<Event>) => events.keyBy(({ key }) => key);

describe.each<[string, (events: Stream<Event>) => Plan]>([
  [
    'a join',
    (events) =>
      keyed(events)
        .outerJoin(keyed(events.filter(({ at }) => at % 3 === 0)), { within: MINUTES, ...named })
        .to(OUT),
  ],
  [
    'sessions',
    (events) => keyed(events).window(SessionWindow.withGap(2, SECONDS)).count(named).to(OUT),
  ],
  [
    'timers of an author',
    (events) =>
      keyed(events)
        .process({
          ...named,
          onEvent: ({ time, setTimer }) => setTimer(time + MINUTES),
          onTimer: ({ emit, time }) => emit(time),
        })
        .to(OUT),
  ],
])('%s over input that ends', (_, planOf) => {
  test('holds what it may, tells the same, and leaves nothing when it is through', async () => {
    const unbounded = await played(planOf, undefined);
    expect(unbounded.rows.length).toBeGreaterThan(10);
    expect(unbounded.written).toBeGreaterThan(3);
    const held = await played(planOf, 100_000_000);
    expect(held).toEqual({ rows: unbounded.rows, written: 0 });
    const written = await played(planOf, 0);
    expect(written.rows).toEqual(unbounded.rows);
    expect(written.written).toBeGreaterThan(10);
  });

  test('goes on from what it has written when it is stopped', async () => {
    const { rows } = await played(planOf, undefined);
    const stopped = await played(planOf, 100_000_000, () => true);
    expect(stopped.rows).toEqual(rows);
    expect(stopped.written).toBeGreaterThan(10);
  });
});

/** What is told, and how many states and timers are written. */
async function played(
  planOf: (events: Stream<Event>) => Plan,
  heldBytesMax: number | undefined,
  outOfTime = () => false,
) {
  const events = pipeline('test').stream('in', {
    schema: z.object({ at: z.number(), key: z.string() }),
    timestamp: ({ at }) => at,
    outOfOrderness: 0,
  });
  const log = memoryLog(() => NOW);
  const store = memoryStore();
  const sink = memorySink();
  let written = 0;
  const running = engine(planOf(events), {
    store: {
      ...store,
      update(into, key, change, condition) {
        if (key.pk.includes('#key#')) written += 1;
        return store.update(into, key, change, condition);
      },
      putAll(into, all) {
        written += all.filter(({ pk, sk }) => pk.includes('#key#') || sk.includes('timer@')).length;
        return store.putAll(into, all);
      },
    },
    clock: () => NOW,
    sources: { in: log },
    sinks: { out: sink },
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
    ...(heldBytesMax !== undefined && { bounded: { heldBytesMax } }),
  });
  log.open('lane', []);
  for (let n = 0; n < 60; n++) {
    const event = { at: n * 700, key: `k${n % 4}` };
    log.append('lane', JSON.stringify(event), NOW);
  }
  await running.gather('in', 'lane', log.records('lane'));
  await running.raise('in', 'lane', MAX_TIME);
  while ((await running.fire('s', 0, outOfTime)) === 'unfinished');
  return { rows: sink.rows().map((row) => JSON.stringify(row)), written };
}
