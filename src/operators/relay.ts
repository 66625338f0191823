import type { Codec } from '../schema/codec.ts';
import { NEVER_LATE, type Operator } from './operator.ts';

/** Of what carries nothing. */
const nothing: Codec<undefined> = { write: () => undefined, read: () => undefined };

/** No operator at all: events go to the sinks while they are gathered. */
export const relay: Operator<unknown, undefined, undefined> = {
  name: 'relay',
  ...NEVER_LATE,
  emits: 'events',
  create: () => undefined,
  add: () => undefined,
  merge: () => undefined,
  codec: nothing,
  firing: { kind: 'none' },
};
