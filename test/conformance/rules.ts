import type { CheckName } from './adapter.ts';
import { ADAPTERS } from './adapters.ts';
import { endsWaiting, hasNoKey, isJoin } from './join-history.ts';
import {
  roseOnIdle,
  tookBehindWatermark,
  tookLateOfPartition,
  wentOnWithoutChannel,
} from './lane-history.ts';
import { latenessOf } from './revisions.ts';
import { closedOtherwise, tookExpired } from './session-history.ts';
import { hasPartlyLate, nearBeginning } from './sliding-history.ts';
import { tookLateOfStream } from './stream-table.ts';
import { numberIn, type Vector } from './vector.ts';
import { windowSettings } from './window-settings.ts';
import { AGGREGATES, aggregatesOf } from './windows.ts';

/** Where we decide otherwise than an engine, or have nothing yet: which vectors that concerns, and why. */
export interface Rule {
  readonly name: string;
  readonly reason: string;
  /** The comparisons that it leaves out; not given: all of them, the vector is skipped. */
  readonly leavesOut?: readonly (CheckName | 'some windows' | 'some results')[];
  /** More exactly what, where the rule covers several things. */
  readonly what?: (vector: Vector) => string;
  readonly applies: (vector: Vector) => boolean;
}

/** Of windows of any kind. */
const isWindow = ({ operator }: Vector): boolean =>
  operator.startsWith('window.') || operator === 'panes';

const hasSessions = (vector: Vector): boolean => windowSettings(vector)?.window.kind === 'session';

/** Of Beam, as the vectors say it. */
type Trigger =
  | 'default'
  | {
      readonly repeatedly?: unknown;
      readonly afterWatermark?: { readonly late: { readonly afterCount?: number } | null };
    };

/** True if a key is told to be deleted that is not there. */
function deletesNothing({ expected }: Vector): boolean {
  const there = new Set<string>();
  return expected.updates.some(({ key, value }) =>
    value === null ? !there.delete(key) : !there.add(key),
  );
}

const waitsForCount = (trigger: Trigger): boolean =>
  typeof trigger === 'object' &&
  (trigger.afterWatermark === undefined || (trigger.afterWatermark.late?.afterCount ?? 1) > 1);

const missingAggregates = (vector: Vector): string[] =>
  aggregatesOf(vector).filter((name) => AGGREGATES[name] === undefined);

/** A skipped vector is counted under the first that applies. */
export const RULES: readonly Rule[] = [
  {
    name: 'engine-specific',
    reason: 'The vectors themselves say that this is the behaviour of one engine only.',
    applies: ({ tags }) => tags.includes('engine-specific'),
  },
  {
    name: 'updates held back for a time',
    reason:
      'A table tells what has changed when a slot of event time closes, for all keys at once, and its resolution says how often that is; there is no holding back of each key by itself.',
    applies: ({ operator }) => operator === 'suppress.time-limit',
  },
  {
    name: 'not built yet',
    reason: 'The library does not have the operator yet.',
    what: ({ operator }) => operator,
    applies: ({ operator }) => ADAPTERS[operator] === undefined,
  },
  {
    name: 'aggregate not built yet',
    reason: 'The library does not have the aggregate yet.',
    what: (vector) => missingAggregates(vector).join(', '),
    applies: (vector) => isWindow(vector) && missingAggregates(vector).length > 0,
  },
  {
    name: 'discarding sessions',
    reason:
      'What was discarded of sessions that became one is in no pane of it; a revision holds the whole session.',
    applies: (vector) =>
      vector.params.accumulation === 'discarding' &&
      hasSessions(vector) &&
      latenessOf(vector) > 0 &&
      vector.facts.batchIdeal !== true,
  },
  {
    name: 'panes by count',
    reason:
      'Results and revisions come when the watermark moves on, not when so many events have come; what stands at the end is the same.',
    leavesOut: ['updates'],
    applies: ({ engine, params }) =>
      engine === 'beam-java-direct' && waitsForCount(params.trigger as Trigger),
  },
  {
    name: 'global window',
    reason: 'An endless window of a stream is a running aggregate here, which is a table.',
    applies: ({ params }) => (params.window as { type?: string } | undefined)?.type === 'global',
  },
  {
    name: 'late event saved by an open session',
    reason:
      'An event is judged when it is read, by its own time and the gap, as in Beam; Kafka Streams and Flink take it if an open session of its key is near enough.',
    applies: (vector) =>
      vector.operator === 'window.session' &&
      vector.engine !== 'beam-java-direct' &&
      tookExpired(vector),
  },
  {
    name: 'closed session comes back',
    reason:
      'Results on closing were taken with a store that keeps sessions for 30 days: late events join sessions that had come out. A session that is out is closed here, as with the default store.',
    leavesOut: ['onClose'],
    applies: (vector) => vector.operator === 'window.session' && closedOtherwise(vector),
  },
  {
    name: 'sliding windows near 1970',
    reason:
      'A window may begin before 1970; in Kafka Streams all events nearer to it than the span share the first one, in place of a window that ends at each of them.',
    leavesOut: ['some windows'],
    applies: nearBeginning,
  },
  {
    name: 'late event in later sliding windows',
    reason:
      'An event that is late for the windows that have closed counts in all that are open, and a new one may begin after it; Kafka Streams makes windows from what closed ones held, and begins none after an event whose own window is closed.',
    leavesOut: ['some windows'],
    applies: hasPartlyLate,
  },
  {
    name: 'forgotten by the store',
    reason:
      'A window stays until it closes; in Kafka Streams the store, as it is by default, has lost what happened a while ago, so that some windows are not made. The results on closing, with a store that keeps 30 days, have them.',
    leavesOut: ['finals'],
    applies: (vector) => vector.operator === 'window.sliding' && closedOtherwise(vector),
  },
  {
    name: 'late for its key',
    reason:
      'An event is late by the watermark of its lane; in SQL only if its own key has had a result at or after it.',
    applies: (vector) => vector.operator === 'over.range' && tookBehindWatermark(vector),
  },
  {
    name: 'record without a key',
    reason:
      'A record without a key is a dead letter; in the engines it finds no partner, and is told so where such are told.',
    leavesOut: ['some results'],
    applies: hasNoKey,
  },
  {
    name: 'waits when the input ends',
    reason:
      'At the end of the input all that has found no partner is told; in Kafka Streams the input has no end.',
    leavesOut: ['some results'],
    applies: endsWaiting,
  },
  {
    name: 'late for a join',
    reason:
      'An event is late when no partner on time can come any more; all others are joined, however late. Kafka Streams joins with what a store still has, and Flink drops what is behind the watermark or tells at once that it is alone. Of these results only the pairs are compared: we have them all.',
    leavesOut: ['some results'],
    applies: (vector) => isJoin(vector) && vector.facts.batchIdeal === false,
  },
  {
    name: 'delete of nothing',
    reason:
      'Deleting a state that is not there changes nothing and tells nothing; Kafka Streams tells the delete.',
    leavesOut: ['updates'],
    applies: (vector) => vector.operator === 'stream.fold' && deletesNothing(vector),
  },
  {
    name: 'own lane judges',
    reason:
      'An event is late by the watermark of its own lane just before it, so that every replay judges alike; in Flink a slower partition, or a watermark that is not emitted yet, saves it.',
    leavesOut: ['finals', 'late'],
    applies: (vector) => vector.operator === 'watermark.partitions' && tookLateOfPartition(vector),
  },
  {
    name: 'joined as it comes',
    reason:
      'An event is joined when both streams have passed it, with all versions that are known by then, as a batch would; Kafka Streams joins it as it comes, or a while later, and Flink joins what is late with the versions that it still has.',
    applies: ({ operator, facts }) => operator === 'join.temporal' && facts.batchIdeal !== true,
  },
  {
    name: 'late event of an as-of join',
    reason:
      'An event of the stream is late when its slot has closed; Flink joins it with the versions that it still has.',
    leavesOut: ['updates', 'late'],
    applies: tookLateOfStream,
  },
  {
    name: 'empty group',
    reason:
      'A group without rows is a deleted row; Kafka Streams keeps it, with a count and a sum of 0.',
    leavesOut: ['some results'],
    applies: ({ expected }) => (expected.countUpdates ?? []).some(({ value }) => value === 0),
  },
  {
    name: 'idle by timeout',
    reason: 'A lane is idle when it has been read to its end without a record, not after a while.',
    applies: ({ operator, params }) =>
      operator === 'watermark.partitions' && numberIn(params, 'idleTimeout') !== undefined,
  },
  {
    name: 'idle lane comes back behind',
    reason:
      'A lane that is no longer idle holds the watermark where it was raised to, so that nothing new in it is late because others went on; Flink goes on without it until it has caught up.',
    applies: (vector) => vector.operator === 'watermark.channels' && wentOnWithoutChannel(vector),
  },
  {
    name: 'all lanes idle',
    reason:
      'When all lanes are idle the watermark stays where it is, unless the source promises a maxDelay; Flink goes on to the greatest of them.',
    applies: (vector) => vector.operator === 'watermark.channels' && roseOnIdle(vector),
  },
];
