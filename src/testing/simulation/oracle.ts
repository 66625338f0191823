import { engine } from '../../engine/engine.ts';
import { laneKey, lanesKey, parseBucketKey } from '../../engine/keys.ts';
import type { Ports } from '../../engine/ports.ts';
import { isAfter } from '../../engine/position.ts';
import { memoryDeadLetters } from '../../sinks/memory.ts';
import type { Sink } from '../../sinks/sink.ts';
import { memoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { MIN_TIME } from '../../time/watermark.ts';
import { laneIn, type StagePlan, sinksOf, streamsOf } from '../../topology/plan.ts';
import { type Account, accountOf } from './account.ts';
import { Invariants, type LaneHistory } from './invariants.ts';
import type { World } from './world.ts';

interface Calm {
  readonly world: World;
  readonly ports: Ports;
  readonly histories: readonly LaneHistory[];
}

/**
 * What the same engine makes of the same lanes when nothing goes wrong: one lane after the other, each
 * record once, raised where it was raised, and everything fired at the end. What is judged and told
 * depends on nothing else.
 */
export async function expectedOf(world: World): Promise<Account> {
  const { plan } = world;
  const invariants = new Invariants(() => true);
  const store = memoryStore({ pageSize: 10_000 });
  const histories = [...world.invariants.histories.values()];
  for (const { stage, lane, created } of histories) {
    await store.update('control', laneKey(stage, lane), { set: created });
  }
  const setOf = (stage: string, lanes: unknown) =>
    store.update('control', lanesKey(stage), { set: { lanes: lanes as string[], version: 1 } });
  for (const { name } of plan.stages) {
    // All at once, whenever each was let in.
    const lanes = histories.filter(({ stage }) => stage === name).map(({ lane }) => lane);
    if (lanes.length > 0) await setOf(name, lanes);
  }
  await leaveOut(store, world);
  const letters = memoryDeadLetters();
  const late = new Map([...world.late.keys()].map((name) => [name, memoryDeadLetters()]));
  const ports: Ports = {
    store,
    clock: () => 0,
    sources: Object.fromEntries([...world.streams].map(([name, { log }]) => [name, log])),
    sinks: Object.fromEntries(
      sinksOf(plan).map(({ sink }) => [sink.name, told(invariants, sink.name)]),
    ),
    deadLetters: letters,
    lateEvents: Object.fromEntries(late),
    lookups: world.lookups,
    observe: (seen) => {
      if (seen.kind === 'failed') throw seen.error;
    },
  };
  const calm = { world, ports, histories };
  for (const stage of plan.stages) await gatherStage(calm, stage);
  for (const { name } of plan.stages) {
    const last = await world.store.get('control', lanesKey(name));
    if (last !== undefined) await setOf(name, last.lanes);
  }
  await fireAll(calm);
  const isDealtWith = () => true;
  return accountOf({ store, outputs: invariants.outputs, letters, late, isDealtWith });
}

/** Lanes that a stage never met: ended, and without anything to account for. */
async function leaveOut(store: Store, { plan, streams }: World): Promise<void> {
  for (const stage of plan.stages) {
    for (const source of streamsOf(stage)) {
      for (const lane of streams.get(source)?.lanes ?? []) {
        const key = laneKey(stage.name, laneIn(stage, source, lane));
        await store.update('control', key, { set: { ended: 1 } }, { exists: false });
      }
    }
  }
}

/** Gathers what a stage has dealt with, lane by lane, and fires nothing. */
async function gatherStage(calm: Calm, stage: StagePlan): Promise<void> {
  const { world, ports } = calm;
  const reader = engine(
    { ...world.plan, stages: [stage] },
    { ...ports, store: unfired(ports.store) },
  );
  for (const history of calm.histories.filter((one) => one.stage === stage.name)) {
    const { source, lane, records } = await readOf(world, stage, history);
    let next = 0;
    for (const { position, watermark } of history.raises) {
      const upTo = records.findIndex((record) => isAfter(record.position, position));
      const end = upTo < 0 ? records.length : upTo;
      if (end > next) await reader.gather(source, lane, records.slice(next, end));
      next = Math.max(next, end);
      await reader.raise(source, lane, watermark);
    }
    if (next < records.length) await reader.gather(source, lane, records.slice(next));
  }
}

/** The lane of a history as its source calls it, and the records that the stage has committed of it. */
async function readOf(world: World, stage: StagePlan, { lane }: LaneHistory) {
  for (const source of streamsOf(stage)) {
    const log = world.streams.get(source);
    const name = log?.lanes.find((one) => laneIn(stage, source, one) === lane);
    if (log === undefined || name === undefined) continue;
    const item = await world.store.get('control', laneKey(stage.name, lane));
    const position = String(item?.position);
    const records = log.records(name).filter((record) => !isAfter(record.position, position));
    return { source, lane: name, records };
  }
  throw new Error(`no stream has the lane ${lane}`);
}

/** Stage after stage, so that each finds what those before it told. */
async function fireAll({ world, ports, histories }: Calm): Promise<void> {
  const { plan } = world;
  const calm = engine(plan, ports);
  for (const stage of plan.stages) {
    const history = histories.find((one) => one.stage === stage.name);
    if (history !== undefined) {
      const { source, lane } = await readOf(world, stage, history);
      // Raises nothing, and advances the stage to where its lanes are.
      await calm.raise(source, lane, MIN_TIME);
    }
    for (let bucket = 0; bucket < stage.buckets; bucket++) {
      await calm.fire(stage.name, bucket, () => false);
    }
  }
}

/** Holds the buckets where they are. */
function unfired(store: Store): Store {
  const held: Store = {
    get: (table, key) => store.get(table, key),
    getAll: (table, keys) => store.getAll(table, keys),
    query: (table, range, next) => store.query(table, range, next),
    putAll: (table, items) => store.putAll(table, items),
    update: async (table, key, change, condition) =>
      parseBucketKey(key) ? undefined : store.update(table, key, change, condition),
    until: () => held,
  };
  return held;
}

function told(invariants: Invariants, name: string): Sink {
  const sink: Sink = {
    async write(outputs) {
      for (const output of outputs) invariants.told(name, output, false);
    },
    until: () => sink,
  };
  return sink;
}
