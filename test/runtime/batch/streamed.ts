import { engine } from '../../../src/engine/engine.ts';
import { readTallies } from '../../../src/engine/tallies.ts';
import type { Output, Plan } from '../../../src/index.ts';
import { resultLine } from '../../../src/runtime/batch/result-sink.ts';
import { compareUtf8 } from '../../../src/schema/utf8-order.ts';
import { memoryDeadLetters, memorySink } from '../../../src/sinks/memory.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { type MemoryLog, memoryLog } from '../../../src/testing/memory-log.ts';
import { sinksOf } from '../../../src/topology/plan.ts';
import type { Event } from './plans.ts';

const LONG_AFTER = 10 ** 13;

/** Lanes of events, by stream. */
export type Streams = Readonly<Record<string, readonly (readonly Event[])[]>>;

/** What the engine makes of these lanes live, in batches of a few records, fired as it goes. */
export async function streamed(plan: Plan, streams: Streams, batch = 7) {
  const sinks = new Map(sinksOf(plan).map(({ sink }) => [sink.name, memorySink()]));
  const store = memoryStore();
  const lanes = plan.sources.flatMap(({ name }) => lanesOf(name, streams[name] ?? []));
  const running = engine(plan, {
    store,
    clock: () => LONG_AFTER,
    sources: Object.fromEntries(lanes.map(({ stream, log }) => [stream, log])),
    sinks: Object.fromEntries(sinks),
    deadLetters: memoryDeadLetters(),
    observe: () => {},
  });
  const fireAll = async (): Promise<void> => {
    for (const { name, buckets } of plan.stages) {
      for (let n = 0; n < buckets; n++) await running.fire(name, n, () => false);
    }
  };
  const most = Math.max(...lanes.map(({ log, name }) => log.records(name).length));
  for (let from = 0; from < most; from += batch) {
    for (const { stream, name, log } of lanes) {
      const some = log.records(name).slice(from, from + batch);
      if (some.length > 0) await running.gather(stream, name, some);
    }
    await fireAll();
  }
  // Each tick may close what the firing of the stage before has told.
  for (const _ of plan.stages) {
    await running.tick(() => false);
    await fireAll();
  }
  return {
    lines: (sink: string): string[] => linesOf(sinks.get(sink)?.rows() ?? []),
    tallies: Object.fromEntries(
      await Promise.all(
        plan.stages.map(async (stage) => [stage.name, await readTallies(store, stage)] as const),
      ),
    ),
  };
}

interface Lane {
  readonly stream: string;
  readonly name: string;
  readonly log: MemoryLog;
}

function lanesOf(stream: string, lanes: readonly (readonly Event[])[]): Lane[] {
  const log = memoryLog(() => LONG_AFTER);
  return lanes.map((events, n) => {
    const name = `${stream}-${n}`;
    log.open(name);
    for (const event of events) log.append(name, JSON.stringify(event), LONG_AFTER);
    return { stream, name, log };
  });
}

/** In the order in which a batch run writes rows of each kind. */
function linesOf(rows: readonly Output[]): string[] {
  const time = ({ shape, windowStart }: Output): number => (shape === 'changes' ? 0 : windowStart);
  const ordered = [...rows].sort((a, b) => time(a) - time(b) || compareUtf8(a.key, b.key));
  return ordered.map(resultLine);
}
