import type { Codec } from '../schema/codec.ts';
import type { Operator } from './operator.ts';

/** Of what carries nothing. */
const nothing: Codec<undefined> = { write: () => undefined, read: () => undefined };

/** No operator at all: events go to the sinks while they are gathered. */
export const relay: Operator<unknown, undefined, undefined> = {
  name: 'relay',
  resolutionMs: 1_000,
  segmentSpanMs: 0,
  reachMs: 0,
  lookBackMs: 0,
  emits: 'events',
  firstLook: (eventTime) => eventTime,
  lastLook: () => Number.POSITIVE_INFINITY,
  create: () => undefined,
  add: () => undefined,
  merge: () => undefined,
  codec: nothing,
  firing: { kind: 'none' },
};
