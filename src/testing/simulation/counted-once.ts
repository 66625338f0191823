import { laneKey } from '../../engine/keys.ts';
import { isAfter } from '../../engine/position.ts';
import { opened } from '../../schema/envelope.ts';
import type { LogRecord } from '../../sources/source.ts';
import type { Item } from '../../store/store.ts';
import { laneIn, type StagePlan, streamsOf } from '../../topology/plan.ts';
import type { SimulatedLog } from './log.ts';
import type { World } from './world.ts';

/**
 * Stages that count a record of a producer more than once, or not at all. Asked of what they have committed,
 * and not of what the calm engine makes of it: that forgets what the engine forgets.
 */
export function notCountedOnce(world: World): string[] {
  const items = new Map(
    [...world.store.items('control')].map((item) => [`${item.pk} ${item.sk}`, item]),
  );
  return world.plan.stages.flatMap((stage) =>
    streamsOf(stage).flatMap((source) => {
      const log = world.streams.get(source);
      return log === undefined ? [] : miscounted({ world, items, stage, source, log });
    }),
  );
}

interface Read {
  readonly world: World;
  /** Of the control table, by their keys. */
  readonly items: ReadonlyMap<string, Item>;
  readonly stage: StagePlan;
  readonly source: string;
  readonly log: SimulatedLog;
}

function miscounted({ world, items, stage, source, log }: Read): string[] {
  let [counted, copies] = [0, 0];
  const records: LogRecord[] = [];
  for (const name of log.lanes) {
    const lane = laneIn(stage, source, name);
    const history = world.invariants.histories.get(`${stage.name} ${lane}`);
    const { pk, sk } = laneKey(stage.name, lane);
    const item = items.get(`${pk} ${sk}`);
    if (history === undefined || item === undefined) continue;
    const [from, to] = [String(history.created.position), String(item.position)];
    records.push(
      ...log
        .records(name)
        .filter(({ position }) => isAfter(position, from) && !isAfter(position, to)),
    );
    counted += Number(item.records);
    copies += Number(item.duplicates ?? 0);
  }
  const where = `${stage.name} of ${source}`;
  const { least, most } = boundsOf(records, log);
  const lines: string[] = [];
  if (counted + copies !== records.length)
    lines.push(`${where} has read ${records.length} records: ${counted} and ${copies} copies`);
  if (counted < least) lines.push(`${where} counts ${counted} records, and there are ${least}`);
  // Who continues a shard that was lost does not know what that had seen.
  if (counted > most && !log.hasLostShards)
    lines.push(`${where} counts ${counted} records, and there are ${most} without copies`);
  return lines;
}

/** A copy may be the first that was read: the stage is new, or retention has taken the one before it. */
function boundsOf(records: readonly LogRecord[], log: SimulatedLog) {
  let plain = 0;
  const [first, any] = [new Set<string>(), new Set<string>()];
  for (const { data, position } of records) {
    const envelope = opened(data)?.envelope;
    if (envelope === undefined) plain++;
    else {
      const { producer, chunk, index } = envelope;
      const identity = `${chunk} ${index} ${producer}`;
      any.add(identity);
      if (!log.isCopy(position)) first.add(identity);
    }
  }
  return { least: plain + first.size, most: plain + any.size };
}
