import type { Codec } from '../schema/codec.ts';
import { eventOf, inOrder, type Kept, keptBytesMax, keptCodec, rememberedEvents } from './kept.ts';
import type { SaidRow } from './latest-rows.ts';
import { AT_ITS_OWN_TIME, happened, type Operator, type Result } from './operator.ts';

/** The sides of the join. */
const EVENT = 0;
const VERSION = 1;

/** What becomes of an event that finds no version: `inner` leaves it out, `left` tells it with `null`. */
export type AsOfKind = 'inner' | 'left';

/**
 * Each event with the version of the row that was valid when it happened: the latest one at or before
 * it, of equal times the one that comes later. An event is told when its slot closes, with all versions
 * that are known by then; a version that comes later than that counts for the events after it.
 *
 * One version is all there is to remember. What a slot has is older than its end, events of later slots
 * are not, and so the newest version of all goes before every other one for each of them. A deleted row
 * stays as a version without a row: what happened before must not bring it back.
 */
export const asOfJoin = (kind: AsOfKind): Operator<unknown, Kept[], Kept> => ({
  name: kind === 'inner' ? 'join-as-of' : 'left-join-as-of',
  ...AT_ITS_OWN_TIME,
  emits: 'events',
  lastLook: (eventTime, side) => (side === EVENT ? eventTime : Number.POSITIVE_INFINITY),
  ...rememberedEvents,
  add(all, event, eventTime, origin, side) {
    const what = side === EVENT ? event : (event as SaidRow).value;
    return rememberedEvents.add(all, what, eventTime, origin, side);
  },
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    stateCodec: versionCodec,
    stateBytesMax: keptBytesMax,
    fire(newest, contribution) {
      const events = contribution.filter(({ side }) => side === EVENT).sort(inOrder);
      const versions = versionsOf(newest, contribution);
      const results: Result[] = [];
      let valid = -1;
      for (const event of events) {
        while (isAtOrBefore(versions[valid + 1], event.time)) valid++;
        const result = joined(kind, event, versions[valid]);
        if (result) results.push(result);
      }
      return { results, state: versions.at(-1), timers: [] };
    },
  },
});

const versionsOf = (newest: Kept | undefined, contribution: readonly Kept[]): Kept[] =>
  [
    ...(newest === undefined ? [] : [newest]),
    ...contribution.filter(({ side }) => side === VERSION),
  ].sort(inOrder);

const isAtOrBefore = (version: Kept | undefined, time: number): boolean =>
  version !== undefined && version.time <= time;

function joined(kind: AsOfKind, event: Kept, version: Kept | undefined): Result | undefined {
  const right = version && eventOf(version);
  if (right === undefined && kind === 'inner') return undefined;
  return happened(event.time, { left: eventOf(event), right: right ?? null });
}

const versionCodec: Codec<Kept> = {
  write: (version, to, slot) => keptCodec.write([version], to, slot),
  read(from, slot) {
    const [version] = keptCodec.read(from, slot) as [Kept];
    return version;
  },
};
