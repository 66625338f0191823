import type { Shard } from '../sources/source.ts';
import { laneIn } from '../topology/plan.ts';
import { laneOf, laneRange } from './keys.ts';
import { type StageContext, sourceOf } from './ports.ts';
import { BEFORE_ALL, isAfter } from './position.ts';
import { readAll } from './read-all.ts';

/** By lane, the position up to which records do not come any more. */
export type Delivered = ReadonlyMap<string, string>;

/**
 * How far streams were delivered before there was this stage: as far as all others of its pipeline have
 * read them. Without it, what only they were given would count as unread here until it has expired.
 * Nothing that still comes is passed over, as nobody reads a record before all are registered (see
 * `meet`).
 */
export async function deliveredBefore(
  context: StageContext,
  shards: readonly Shard[],
): Promise<Delivered> {
  const delivered = new Map<string, string>();
  for (const other of context.beside) {
    const items = await readAll(context.store, 'control', laneRange(other.stage.name));
    const positions = new Map(items.map((item) => [laneOf(item), String(item.position)]));
    for (const { lane } of shards) {
      const position = positions.get(asCalledBy(other, context, lane)) ?? BEFORE_ALL;
      const least = delivered.get(lane) ?? position;
      if (position !== BEFORE_ALL) delivered.set(lane, isAfter(least, position) ? position : least);
    }
  }
  return delivered;
}

/** What another stage calls a lane of this one. */
function asCalledBy(other: StageContext, context: StageContext, lane: string): string {
  const { name } = sourceOf(context, lane);
  const atSource = context.sources.size === 1 ? lane : lane.slice(name.length + 1);
  return laneIn(other.stage, name, atSource);
}

/** As it is stored. */
export const deliveredText = (delivered: Delivered): string[] =>
  [...delivered].map(([lane, position]) => `${position} ${lane}`);

export const parseDelivered = (texts: readonly string[]): Delivered =>
  new Map(
    texts.map((text) => {
      const end = text.indexOf(' ');
      return [text.slice(end + 1), text.slice(0, end)];
    }),
  );
