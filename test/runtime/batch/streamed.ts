import { engine } from '../../../src/engine/engine.ts';
import { readTallies } from '../../../src/engine/tallies.ts';
import type { Plan } from '../../../src/index.ts';
import { resultLine } from '../../../src/runtime/batch/result-sink.ts';
import { compareUtf8 } from '../../../src/schema/utf8-order.ts';
import { memoryDeadLetters, memorySink } from '../../../src/sinks/memory.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { memoryLog } from '../../../src/testing/memory-log.ts';
import type { Event } from './plans.ts';

const LONG_AFTER = 10 ** 13;

/** What the engine makes of these lanes live, in batches of a few records, fired as it goes. */
export async function streamed(plan: Plan, lanes: readonly (readonly Event[])[], batch = 7) {
  const log = memoryLog(() => LONG_AFTER);
  const sink = memorySink();
  const store = memoryStore();
  const [source, stage] = [plan.sources[0]?.name ?? '', plan.stages[0]];
  if (stage === undefined) throw new Error('the plan has no stage');
  const running = engine(plan, {
    store,
    clock: () => LONG_AFTER,
    sources: { [source]: log },
    sinks: { [stage.outputs[0]?.sink.name ?? '']: sink },
    deadLetters: memoryDeadLetters(),
    observe: () => {},
  });
  const fireAll = async (): Promise<void> => {
    for (let n = 0; n < stage.buckets; n++) await running.fire(stage.name, n, () => false);
  };
  for (const n of lanes.keys()) log.open(`lane-${n}`);
  for (const [n, events] of lanes.entries()) {
    for (const event of events) log.append(`lane-${n}`, JSON.stringify(event), LONG_AFTER);
  }
  for (let from = 0; lanes.some((events) => from < events.length); from += batch) {
    for (const n of lanes.keys()) {
      const records = log.records(`lane-${n}`).slice(from, from + batch);
      if (records.length > 0) await running.gather(source, `lane-${n}`, records);
    }
    await fireAll();
  }
  await running.tick(() => false);
  await fireAll();
  const rows = [...sink.rows()].sort(
    (a, b) => a.windowStart - b.windowStart || compareUtf8(a.key, b.key),
  );
  return { lines: rows.map(resultLine), tally: await readTallies(store, stage) };
}
