import { type Engine, engine } from '../../src/engine/engine.ts';
import type { Item, Plan, TableRole } from '../../src/index.ts';
import { sealed } from '../../src/schema/envelope.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { MAX_TIME } from '../../src/time/watermark.ts';
import { sinksOf } from '../../src/topology/plan.ts';
import { random } from '../support/random.ts';
import { type Event, SEALED } from './plans.ts';

/** An item of one of the tables. */
export interface Stored {
  readonly table: TableRole;
  readonly item: Item;
}

/** A row of a result table, as it is at the end. */
export interface Told {
  readonly sink: string;
  readonly row: unknown;
}

const TABLES = ['control', 'state'] as const;
const LANE = 'shard-1';
const BATCH = 12;
/** Of so many batches, the last one is gathered and not yet fired. */
const BATCHES_BEFORE = 4;
const BATCHES = 8;
const never = (): boolean => false;

/** What the tables hold in the middle: state that was fired, and segments that were not. */
export async function storedInTheMiddle(plan: Plan): Promise<Stored[]> {
  const { store, gather, fireAll } = world(plan, []);
  for (let batch = 0; batch < BATCHES_BEFORE; batch++) {
    if (batch > 0) await fireAll();
    await gather(batch);
  }
  return TABLES.flatMap((table) => [...store.items(table)].map((item) => ({ table, item })));
}

/** Goes on from there to the end. */
export async function playedFrom(plan: Plan, stored: readonly Stored[]): Promise<Told[]> {
  const { sinks, gather, fireAll, raise } = world(plan, stored);
  for (let batch = BATCHES_BEFORE; batch < BATCHES; batch++) {
    await fireAll();
    await gather(batch);
  }
  await raise();
  await fireAll();
  return Object.entries(sinks).flatMap(([sink, { rows }]) => rows().map((row) => ({ sink, row })));
}

function world(plan: Plan, stored: readonly Stored[]) {
  const clock = (): number => START;
  const store = memoryStore();
  for (const { table, item } of stored) store.putAll(table, [item]);
  const logs = Object.fromEntries(plan.sources.map(({ name }) => [name, memoryLog(clock)]));
  const sinks = Object.fromEntries(sinksOf(plan).map(({ sink }) => [sink.name, memorySink()]));
  const lateEvents = { late: memoryDeadLetters() };
  const deadLetters = memoryDeadLetters();
  const ports = { store, clock, sources: logs, sinks, deadLetters, lateEvents };
  const running = engine(plan, {
    ...ports,
    observe(seen) {
      if (seen.kind === 'failed') throw seen.error;
    },
  });
  Object.entries(logs).forEach(([name, log], n) => {
    log.open(LANE);
    // All records are in the log from the beginning, so that they have the same positions in both parts.
    const texts = eventsOf(n).map((event) => JSON.stringify(event));
    for (const text of name === SEALED ? sentAgain(texts) : texts) log.append(LANE, text, START);
  });
  const inEach = async (step: (source: string) => Promise<unknown>) => {
    for (const source of Object.keys(logs)) await step(source);
  };
  return {
    store,
    sinks,
    gather: (batch: number) =>
      inEach((source) => {
        const records = logs[source]?.records(LANE).slice(batch * BATCH, (batch + 1) * BATCH);
        return running.gather(source, LANE, records ?? []);
      }),
    raise: () => inEach((source) => running.raise(source, LANE, MAX_TIME)),
    fireAll: () => fireAll(plan, running),
  };
}

/** Stage after stage, as each one closes slots of the next. */
async function fireAll({ stages }: Plan, running: Engine): Promise<void> {
  for (const { name, buckets } of stages) {
    for (let bucket = 0; bucket < buckets; bucket++) await running.fire(name, bucket, never);
  }
}

const START = 1_700_000_000_000;

/** Two seconds out of order are expected; some are later than that. */
function eventsOf(stream: number): Event[] {
  const chance = random(stream + 1);
  return Array.from({ length: BATCHES * BATCH }, (_, n) => ({
    at: START + n * 700 - chance.below(chance.chance(0.1) ? 15_000 : 2_000),
    key: `k${chance.below(4)}`,
    v: chance.below(10),
  }));
}

/** In envelopes. Two producers fall silent soon, and what they have sent comes again for as long as there is anything. */
function sentAgain(events: readonly string[]): string[] {
  const sent: string[] = [];
  const envelopeOf = (n: number) => {
    if (n >= SILENT_FROM)
      return { producer: 'the other', chunk: String(n >> 3).padStart(4, '0'), index: n & 7 };
    const its = { chunk: '0001', index: n * 3 };
    return n % 2 ? { producer: 'brief', ...its, withinMs: 60_000 } : { producer: 'silent', ...its };
  };
  events.forEach((event, n) => {
    sent.push(sealed(envelopeOf(n), event));
    if (n >= SILENT_FROM && n % 2 === 0) sent.push(sent[(n >> 1) % SILENT_FROM] as string);
  });
  return sent;
}

const SILENT_FROM = 12;
