import { NUMBER_BYTES_MAX, numberCodec } from '../schema/codec.ts';
import { formatDuration } from '../time/duration.ts';
import { eventOf, inOrder, type Kept, keptCodec, keptEvents } from './kept.ts';
import { AT_ITS_OWN_TIME, happened, type Operator, type Result } from './operator.ts';

/**
 * The first event of each key in event time; those up to `withinMs` after it are duplicates, one exactly
 * so long after it included. The first one after that begins anew. A key that can have no duplicates
 * any more is forgotten.
 */
export const deduplicate = (withinMs: number): Operator<unknown, Kept[], number> => ({
  name: `dedupe-${formatDuration(withinMs)}`,
  ...AT_ITS_OWN_TIME,
  emits: 'events',
  lastLook: (eventTime) => eventTime,
  ...keptEvents,
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    // When the one that was kept happened.
    stateCodec: numberCodec,
    stateBytesMax: () => NUMBER_BYTES_MAX,
    fire(state, events, slot) {
      const results: Result[] = [];
      let first = state;
      for (const event of [...events].sort(inOrder)) {
        const { time } = event;
        if (first !== undefined && time - first <= withinMs) continue;
        first = time;
        results.push(happened(time, eventOf(event)));
      }
      if (first === undefined || first + withinMs < slot) {
        return { results, state: undefined, timers: [] };
      }
      return { results, state: first, timers: first === state ? [] : [first + withinMs] };
    },
  },
});
