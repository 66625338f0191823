import type { Store } from '../store/store.ts';
import type { StagePlan } from '../topology/plan.ts';
import { laneRange } from './keys.ts';
import type { Tally } from './lane.ts';
import { readAll } from './read-all.ts';

/** Where the records of a stage went, as all of its lanes together have committed it. */
export async function readTallies(store: Store, stage: Pick<StagePlan, 'name'>): Promise<Tally> {
  const lanes = await readAll(store, 'control', laneRange(stage.name));
  const total = (name: keyof Tally): number =>
    lanes.reduce((sum, lane) => sum + Number(lane[name] ?? 0), 0);
  return {
    records: total('records'),
    filtered: total('filtered'),
    late: total('late'),
    deadLetters: total('deadLetters'),
  };
}
