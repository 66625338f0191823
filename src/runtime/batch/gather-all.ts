import type { Engine } from '../../engine/engine.ts';
import { laneKey } from '../../engine/keys.ts';
import type { Store } from '../../store/store.ts';
import { laneIn, type Plan, streamsOf } from '../../topology/plan.ts';
import type { NumberedLane } from './job.ts';
import { readLane } from './read-lane.ts';
import type { Run } from './run.ts';

export interface Gathering {
  readonly engine: Engine;
  readonly store: Store;
  readonly lanes: readonly NumberedLane[];
  readonly run: Run;
  /** How much is read before it is folded. */
  readonly chunkBytes: number;
}

/** Reads all lanes that are not read yet, one after the other, through the engine. */
export async function gatherAll(plan: Plan, gathering: Gathering): Promise<void> {
  const { engine, lanes, run, store, chunkBytes } = gathering;
  let before = 0;
  for (const [number, lane] of lanes.entries()) {
    if (number >= run.lanesRead) {
      const after = await positionOf(plan, store, lane);
      const chunks = readLane(lane.input, after, isRelayed(plan, lane) ? 0 : chunkBytes);
      for await (const { records, lines, bytesRead } of chunks) {
        await engine.gather(lane.stream, lane.id, records);
        run.read(before + bytesRead, lines);
        await run.pause();
      }
      run.laneRead();
    }
    before += lane.input.bytes;
    run.read(before, 0);
  }
}

/** Nothing is folded: what lines become goes on as soon as it can. */
const isRelayed = (plan: Plan, { stream }: NumberedLane): boolean =>
  plan.stages.every((stage) => stage.buckets === 0 || !streamsOf(stage).includes(stream));

/** The last line of a lane that all stages have dealt with; 0 if none. */
async function positionOf(plan: Plan, store: Store, { stream, id }: NumberedLane): Promise<number> {
  const readers = plan.stages.filter((stage) => streamsOf(stage).includes(stream));
  const positions = await Promise.all(
    readers.map(async (stage) => {
      const item = await store.get('control', laneKey(stage.name, laneIn(stage, stream, id)));
      return item?.position;
    }),
  );
  return Math.min(...positions.map((position) => Number(position ?? 0)));
}
