import { type Codec, NUMBER_BYTES_MAX, textBytesMax } from '../schema/codec.ts';
import { jsonText } from '../schema/json-codec.ts';
import { storedJson } from '../schema/stored-json.ts';
import type { Origin } from './operator.ts';
import { checkRemembered } from './state-text.ts';

/** An event that waits for its slot, for operators that look at events and not at sums of them. */
export interface Kept {
  /** Event time, ms. */
  readonly time: number;
  /** Which input of the operator it came in by. */
  readonly side: number;
  readonly origin: Origin;
  /** The event as JSON: `kept` throws for what JSON cannot hold, while the record can still be refused. */
  readonly json: string;
}

/** @throws NotStorableError */
export const kept = (event: unknown, time: number, origin: Origin, side: number): Kept => ({
  time,
  side,
  origin: { lane: origin.lane, position: origin.position, index: origin.index },
  json: event === undefined ? '' : jsonText(event, 'relaxed'),
});

export const eventOf = ({ json }: Pick<Kept, 'json'>): unknown =>
  json === '' ? undefined : storedJson(json);

/**
 * In event time; events of one instant in the order of their lanes, and in a lane as it has them: an
 * order that neither batches nor retries can change.
 */
export function inOrder(a: Kept, b: Kept): number {
  if (a.time !== b.time) return a.time - b.time;
  const [one, other] = [a.origin, b.origin];
  if (one.lane !== other.lane) return one.lane < other.lane ? -1 : 1;
  if (one.position.length !== other.position.length)
    return one.position.length - other.position.length;
  if (one.position !== other.position) return one.position < other.position ? -1 : 1;
  return one.index - other.index;
}

/** The contribution of an operator that looks at every event: the events themselves. */
export const keptEvents = {
  create: (): Kept[] => [],
  add(events: Kept[], event: unknown, eventTime: number, origin: Origin, side: number): Kept[] {
    events.push(kept(event, eventTime, origin, side));
    return events;
  },
  merge(events: Kept[], others: readonly Kept[]): Kept[] {
    for (const other of others) events.push(other);
    return events;
  },
} as const;

/** The same where a key remembers events as they are, from slot to slot. */
export const rememberedEvents = {
  ...keptEvents,
  add(events: Kept[], event: unknown, eventTime: number, origin: Origin, side: number): Kept[] {
    const one = kept(event, eventTime, origin, side);
    checkRemembered(one.json);
    events.push(one);
    return events;
  },
} as const;

/** Lanes are written once for each run of events of the same lane. */
export const keptCodec: Codec<Kept[]> = {
  write(events, to, slot) {
    to.unsigned(events.length);
    let lane = '';
    for (const { time, side, origin, json } of events) {
      to.signed(slot - time);
      to.unsigned(side * 2 + Number(origin.lane !== lane));
      if (origin.lane !== lane) to.text(origin.lane);
      lane = origin.lane;
      to.text(origin.position);
      to.unsigned(origin.index);
      to.text(json);
    }
  },
  read(from, slot) {
    let lane = '';
    return from.list(() => {
      const time = slot - from.signed();
      const packed = from.unsigned();
      if (packed % 2 === 1) lane = from.text();
      const origin = { lane, position: from.text(), index: from.unsigned() };
      return { time, side: Math.floor(packed / 2), origin, json: from.text() };
    });
  },
};

/** What the codec writes for one event at most, beside a number for the list. */
export const keptBytesMax = ({ origin, json }: Kept): number =>
  textBytesMax(origin.lane) +
  textBytesMax(origin.position) +
  textBytesMax(json) +
  4 * NUMBER_BYTES_MAX;
