import { expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  combine,
  HOURS,
  type Plan,
  pipeline,
  SECONDS,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

const START = 10 ** 6;

const events = pipeline('test').stream('events', {
  schema: z.object({ at: z.number() }),
  timestamp: (event) => event.at,
  outOfOrderness: 0,
});

const counts = (name: string): Plan =>
  events
    .keyBy(() => 'all')
    .window(TumblingWindow.of(10, SECONDS))
    .count({ name, buckets: 1 })
    .to(table(name));

/** A log that several plans may read one after the other, as when a pipeline is deployed again. */
function world() {
  let now = START;
  const log = memoryLog(() => now);
  const store = memoryStore();
  const sinks = { old: memorySink(), new: memorySink() };
  const deploy = (plan: Plan, around = store) => {
    const deadLetters = memoryDeadLetters();
    const ports = { clock: () => now, sources: { events: log }, deadLetters, observe: () => {} };
    return engine(plan, { ...ports, store: around, sinks });
  };
  type Deployed = ReturnType<typeof deploy>;
  const append = (lane: string, ...times: number[]) =>
    times.map((at) => log.append(lane, JSON.stringify({ at }), now));
  const gather = (deployed: Deployed, lane: string, records = log.records(lane)) =>
    deployed.gather('events', lane, records);
  const settle = async (deployed: Deployed) => {
    for (let n = 0; n < 5; n++) await deployed.tick(() => false);
  };
  const results = (name: 'old' | 'new') =>
    Object.fromEntries(sinks[name].rows().map((row) => [row.windowStart, row.value]));
  const wait = (ms: number): void => {
    now += ms;
  };
  return { log, store, wait, deploy, append, gather, settle, results };
}

test('a new stage has what comes from then on, whatever lies in the stream from before', async () => {
  const { log, wait, deploy, append, gather, settle, results } = world();
  const before = deploy(counts('old'));
  for (const lane of ['parent', 'quiet']) log.open(lane);
  append('parent', 1_000, 2_000);
  append('quiet', 3_000);
  await gather(before, 'parent');
  await gather(before, 'quiet');
  log.open('left', ['parent']);
  log.open('right', ['parent']);
  append('left', 4_000);
  append('right', 5_000);
  await gather(before, 'left');
  await gather(before, 'right');

  wait(1 * HOURS);
  const both = deploy(combine(counts('old'), counts('new')));
  await settle(both);
  await gather(both, 'left', append('left', 6_000, 21_000));
  await settle(both);
  expect(results('old')).toEqual({ 0: 6 });
  expect(results('new')).toEqual({ 0: 1 });
});

test('stages that are new together have the same, though one dies before it has read', async () => {
  const { log, store, deploy, append, gather, settle, results } = world();
  const plan = combine(counts('old'), counts('new'));
  let dies = true;
  const dying = deploy(plan, {
    ...store,
    update: async (table, key, change, condition) => {
      if (dies && key.pk === 'new' && change.add?.epoch) throw new Error('the invocation died');
      return store.update(table, key, change, condition);
    },
  });
  log.open('lane');
  append('lane', 1_000, 2_000, 11_000);
  await expect(gather(dying, 'lane')).rejects.toThrow('the invocation died');
  dies = false;
  await gather(deploy(plan), 'lane');
  await settle(deploy(plan));
  expect(results('new')).toEqual({ 0: 2 });
  expect(results('old')).toEqual({ 0: 2 });
});
