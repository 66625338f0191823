import type { Codec } from '../schema/codec.ts';
import { eventOf, inOrder, type Kept, keptCodec, rememberedEvents } from './kept.ts';
import type { SaidRow } from './latest-rows.ts';
import { happened, NEVER_LATE, type Operator, type Result } from './operator.ts';
import { isAlike, type JoinedRow, joinedRow } from './table-join.ts';

/** What a row of the left table wants of a row of the right one. */
export interface Subscription {
  /** Of the left row. */
  readonly key: string;
  /** As it is now; not given: it is deleted. */
  readonly row?: unknown;
  /**
   * `to` this right row, from now on; `off` it, because it is elsewhere now; or to `none`: then the answer
   * does not depend on where it is asked.
   */
  readonly way: 'to' | 'off' | 'none';
}

/** What a left row is joined to, as an event for the stage that keeps the newest answers. */
export interface Answer {
  /** Of the left row. */
  readonly key: string;
  /** Which change of the left row it answers: a later one has a later place. */
  readonly since: Place;
  /** Not given: there is no row. */
  readonly row?: JoinedRow;
}

/** In the order of one lane. */
export type Place = Pick<Kept['origin'], 'position' | 'index'>;

/** A right row, deleted ones too, and the left rows that want it, by their keys. */
interface Subscribed {
  readonly right: Kept | undefined;
  readonly left: ReadonlyMap<string, Kept>;
}

/**
 * A join on a foreign key, seen from the right: the key is that of the right row. Left rows come as
 * subscriptions (side 0), each change of the right row (side 1) is told to all that are subscribed.
 */
export const foreignKeyJoin = (
  kind: 'inner' | 'left',
): Operator<Subscription | SaidRow, Kept[], Subscribed> => ({
  name: `foreign-key-${kind === 'inner' ? '' : `${kind}-`}join`,
  ...NEVER_LATE,
  emits: 'events',
  ...rememberedEvents,
  add: (events, event, eventTime, origin, side) =>
    side === LEFT
      ? rememberedEvents.add(events, subscription(event as Subscription), eventTime, origin, side)
      : rememberedEvents.add(events, (event as SaidRow).value, eventTime, origin, side),
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    stateCodec: subscribedCodec,
    fire(state, changes, slot, resolutionMs) {
      const left = new Map(state?.left);
      let right = state?.right;
      const results: Result[] = [];
      const answer = (asked: Kept, now: Kept): void => {
        const told = answerOf(kind, asked, right);
        const time = Math.max(now.time, slot - resolutionMs);
        results.push(happened(time, told));
      };
      for (const change of [...changes].sort(inOrder)) {
        if (change.side === LEFT) {
          const { key, way } = eventOf(change) as Subscription;
          if (way === 'off') left.delete(key);
          if (way === 'to') left.set(key, change);
          if (way !== 'off') answer(change, change);
        } else if (right === undefined || inOrder(change, right) > 0) {
          const isNews = !isAlike(right, change);
          right = change;
          if (isNews) for (const asked of left.values()) answer(asked, change);
        }
      }
      const isEmpty = right === undefined && left.size === 0;
      return { results, state: isEmpty ? undefined : { right, left }, timers: [] };
    },
  },
});

const LEFT = 0;

/** Only what is needed, whatever else the event may have. */
const subscription = ({ key, row, way }: Subscription): Subscription => ({ key, row, way });

function answerOf(kind: 'inner' | 'left', asked: Kept, right: Kept | undefined): Answer {
  const { key, row, way } = eventOf(asked) as Subscription;
  const { position, index } = asked.origin;
  const joined = joinedRow(kind, row, way === 'none' ? undefined : right && eventOf(right));
  return { key, since: { position, index }, ...(joined ? { row: joined } : {}) };
}

const subscribedCodec: Codec<Subscribed> = {
  write: ({ right, left }, to, slot) =>
    keptCodec.write([...(right ? [right] : []), ...left.values()], to, slot),
  read(from, slot) {
    const known = keptCodec.read(from, slot);
    const left = known.filter(({ side }) => side === LEFT);
    return {
      right: known.find(({ side }) => side !== LEFT),
      left: new Map(left.map((kept) => [(eventOf(kept) as Subscription).key, kept])),
    };
  },
};
