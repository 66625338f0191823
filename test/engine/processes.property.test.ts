import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  type AuditEntry,
  combine,
  type Output,
  type Plan,
  pipeline,
  SECONDS,
  type StagePlan,
  table,
} from '../../src/index.ts';
import { type Random, random } from '../support/random.ts';
import { ChaosWorld, type Happening, MAX_DELAY, OUT_OF_ORDER, SKEW } from './chaos-world.ts';
import { audited, firsts, saidBy, type Taken, traced } from './plain-processes.ts';
import { seedGroups } from './seeds.ts';

/**
 * Keyed state machines, whatever the batches, the interleaving, the crashes, the redeliveries and the
 * splits: their tables hold what plain loops over the sorted events of the same lanes say.
 */
describe('any batching, any retry, any interleaving of shards', () => {
  test.each(seedGroups(60))(
    'a process, a deduplication and an evolution give the plain answer (seeds %i, ...)',
    async (...group) => {
      for (const seed of group) await run(seed);
    },
  );
});

const RESOLUTION = SECONDS;

interface Settings {
  readonly withinMs: number;
  readonly latenessMs: number;
}

async function run(seed: number): Promise<void> {
  const chance = random(seed);
  const settings = {
    withinMs: chance.pick([0, 700, 4 * SECONDS]),
    latenessMs: chance.pick([0, 3 * SECONDS, 30 * SECONDS]),
  };
  const world = new ChaosWorld(seed, chance, planOf(settings, chance));
  await world.run();
  check(world, settings);
}

function planOf({ withinMs, latenessMs }: Settings, chance: Random): Plan {
  const options = () => ({
    buckets: chance.pick([1, 2, 4]),
    keysPerChunk: chance.pick([1, 500]),
  });
  const events = pipeline('test').stream('events', {
    schema: z.object({ at: z.number(), key: z.string(), n: z.number() }),
    timestamp: (event) => event.at,
    outOfOrderness: OUT_OF_ORDER,
    maxFutureSkew: SKEW,
    maxDelay: MAX_DELAY,
  });
  const trace = events
    .keyBy(({ key }) => key)
    .process<unknown, { count: number }>({
      ...options(),
      name: 'traced',
      initial: { count: 0 },
      onEvent({ state, emit, setTimer, deleteTimer, time, random }, { n }) {
        const { count } = state.get();
        state.set({ count: count + 1 });
        emit([`event ${n}`, count + 1, random()]);
        const { after, not } = saidBy(n);
        for (const delay of after) (not ? deleteTimer : setTimer)(time + delay);
      },
      onTimer({ state, emit, setTimer, random }, { time, name }) {
        const { count } = state.get();
        emit([`timer ${name}`, count, random()]);
        if (time % 2 === 0 && name.length < 3) setTimer(time + 1_500, `${name}x`);
        if (time % 5 === 0) state.clear();
      },
    });
  const evolved = events
    .keyBy(({ key }) => key)
    .evolve<number[]>({
      ...options(),
      name: 'evolved',
      allowedLateness: latenessMs,
      initial: [],
      apply: (list, { n }) => (n % 11 === 0 ? undefined : [...list, n]),
    });
  return combine(
    trace.to(table('trace')),
    events
      .dedupe({ ...options(), name: 'deduped', by: ({ key }) => key, within: withinMs })
      .to(table('firsts')),
    evolved.to(table('states')),
    evolved.audit().to(table('audit')),
  );
}

function check(world: ChaosWorld, { withinMs, latenessMs }: Settings): void {
  const message = `seed ${world.seed}`;
  expect(world.failures, message).toEqual([]);
  const rows = (sink: string): readonly Output[] => world.sinks[sink]?.rows() ?? [];
  const trace = rows('trace').map(({ key, windowStart, value }) => {
    const [what, count] = value as unknown[];
    return [key, windowStart, what, count];
  });
  expect(sorted(trace), message).toEqual(sorted(traced(taken(world, 'traced', 0))));
  const kept = rows('firsts').map(({ value }) => (value as Happening).n);
  const first = firsts(taken(world, 'deduped', 0), withinMs).map(({ n }) => n);
  expect(sorted(kept), message).toEqual(sorted(first));
  const { states, entries } = audited(taken(world, 'evolved', latenessMs));
  const last = rows('states').map(({ key, value }) => [key, value]);
  expect(sorted(last), message).toEqual(sorted(states));
  expect(sorted(newest(rows('audit'))), message).toEqual(sorted(entries));
  const all = ['trace', 'firsts', 'states', 'audit'].flatMap(rows);
  // Whoever reads on would find it late.
  expect(all.filter(({ slot, windowStart }) => windowStart < slot - RESOLUTION)).toEqual([]);
  expect(remembered(world), message).toEqual(states.map(([key]) => `evolved#key#${key}`).sort());
}

/** The events that a stage takes, each judged by its own lane; a late one is counted there. */
function taken(world: ChaosWorld, name: string, latenessMs: number): Taken[] {
  const stage = world.plan.stages.find((one) => one.name === name) as StagePlan;
  const judged = world.judged(stage, 'events');
  const events = judged.flatMap(({ event, lane, watermark }): Taken[] => {
    const last = (event?.at ?? 0) + latenessMs;
    const slotEnd = Math.floor(last / RESOLUTION) * RESOLUTION + RESOLUTION;
    return event === undefined || slotEnd - 1 <= watermark ? [] : [{ ...event, lane }];
  });
  const deadLetters = judged.filter(({ event }) => event === undefined).length;
  const late = judged.length - deadLetters - events.length;
  expect(world.tally(stage)).toEqual({ records: judged.length, late, deadLetters });
  return events;
}

/** The last thing that was said of each event. */
function newest(rows: readonly Output[]): unknown[] {
  const last = new Map<number, AuditEntry<Happening, number[]>>();
  for (const { value } of rows) {
    const entry = value as AuditEntry<Happening, number[]>;
    const { n } = entry.event;
    if ((last.get(n)?.revision ?? -1) < entry.revision) last.set(n, entry);
  }
  return [...last.values()].map(({ key, event, before, after }) => [key, event.n, before, after]);
}

/** Keys with something left when all is over; those of the process keep their count. */
const remembered = ({ store }: ChaosWorld): string[] =>
  [...store.items('state')]
    .filter(({ pk, data }) => pk.includes('#key#') && (data as Uint8Array).length > 0)
    .map(({ pk }) => pk)
    .filter((pk) => !pk.startsWith('traced#'))
    .sort();

const sorted = (list: readonly unknown[]): string[] =>
  list.map((one) => JSON.stringify(one)).sort();
