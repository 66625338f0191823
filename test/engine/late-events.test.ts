import { expect, test } from 'vitest';
import * as z from 'zod';
import { engine } from '../../src/engine/engine.ts';
import {
  lateEvents,
  type Output,
  pipeline,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { testDriver } from '../../src/testing/index.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';

const stream = () =>
  pipeline('test').stream('events', {
    schema: z.object({ at: z.number() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
  });

const at = (seconds: number) => ({ at: seconds * SECONDS });

const told = (outputs: readonly unknown[]) =>
  outputs.map((output) => {
    const { windowStart, windowEnd, value, old, revision, early, retracted } = output as Output;
    const flags = [early ? 'early' : '', retracted ? 'retracted' : ''].filter(Boolean);
    const change = `${windowStart / SECONDS}-${windowEnd / SECONDS} #${revision}: ${old ?? ''}>${value ?? ''}`;
    return [change, ...flags].join(' ');
  });

test('a late event within the allowed lateness makes a revision, with the old value beside the new one', async () => {
  const plan = stream()
    .keyBy(() => 'k')
    .window(TumblingWindow.of(10, SECONDS))
    .allowedLateness(20 * SECONDS)
    .count()
    .to(table('results'));
  const driver = testDriver(plan);
  await driver.send(at(1), at(2), at(12));
  expect(told(driver.takeOutputs())).toEqual(['0-10 #0: >2']);
  await driver.send(at(3), at(14));
  expect(told(driver.takeOutputs())).toEqual(['0-10 #1: 2>3']);
  await driver.send(at(32), at(4));
  expect(told(driver.takeOutputs())).toEqual(['10-20 #0: >2']);
  expect(driver.late()).toHaveLength(1);
});

test('a late event that joins two sessions retracts them before the one that they became is told', async () => {
  const plan = stream()
    .keyBy(() => 'k')
    .window(SessionWindow.withGap(5, SECONDS))
    .allowedLateness(60 * SECONDS)
    .count()
    .to(table('results'));
  const driver = testDriver(plan);
  await driver.send(at(0), at(9), at(30));
  expect(told(driver.takeOutputs())).toEqual(['0-5 #0: >1', '9-14 #0: >1']);
  await driver.send(at(4.5), at(31));
  expect(told(driver.takeOutputs())).toEqual([
    '0-5 #1: 1> retracted',
    '9-14 #1: 1> retracted',
    '0-14 #2: >3',
  ]);
  const rows = driver.results().map(({ windowStart, value }) => [windowStart, value]);
  expect(rows).toEqual([[0, 3]]);
});

test('early results tell what there is so far, every so often, and the last word is not early', async () => {
  const plan = stream()
    .keyBy(() => 'k')
    .window(TumblingWindow.of(10, SECONDS))
    .emit({ every: 4 * SECONDS })
    .count()
    .to(table('results'));
  const driver = testDriver(plan);
  await driver.send(at(1), at(2), at(5), at(9), at(11));
  expect(told(driver.takeOutputs())).toEqual([
    '0-10 #0: >2 early',
    '0-10 #1: 2>3 early',
    '0-10 #2: 3>4',
  ]);
});

test('the side output keeps late events raw as they came, each once', async () => {
  const plan = stream()
    .keyBy(() => 'k')
    .window(TumblingWindow.of(10, SECONDS))
    .sideOutput(lateEvents('late-events'))
    .count()
    .to(table('results'));
  const log = memoryLog(() => 0);
  const late = memoryDeadLetters();
  log.open('a');
  for (const seconds of [1, 25, 3]) log.append('a', JSON.stringify(at(seconds)), 100_000);
  const ports = {
    store: memoryStore(),
    clock: () => 100_000,
    sources: { events: log },
    sinks: { results: memorySink() },
    deadLetters: memoryDeadLetters(),
    observe: () => undefined,
  };
  expect(() => engine(plan, ports)).toThrow(expect.objectContaining({ code: 'SINK_MISSING' }));
  const running = engine(plan, { ...ports, lateEvents: { 'late-events': late } });
  for (let time = 0; time < 2; time++) await running.gather('events', 'a', log.records('a'));
  const letters = late.letters().map(({ reason, data }) => [reason, Buffer.from(data).toString()]);
  expect(letters).toEqual([['LATE', '{"at":3000}']]);
});
