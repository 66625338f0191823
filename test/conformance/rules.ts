import type { CheckName } from './adapter.ts';
import { ADAPTERS } from './adapters.ts';
import { roseOnIdle, tookLateOfPartition, wentOnWithoutChannel } from './lane-history.ts';
import { closedOtherwise, tookExpired } from './session-history.ts';
import { numberIn, type Vector } from './vector.ts';
import { AGGREGATES, aggregatesOf } from './windows.ts';

/** Where we decide otherwise than an engine, or have nothing yet: which vectors that concerns, and why. */
export interface Rule {
  readonly name: string;
  readonly reason: string;
  /** The comparisons that it leaves out; not given: all of them, the vector is skipped. */
  readonly leavesOut?: readonly CheckName[];
  /** More exactly what, where the rule covers several things. */
  readonly what?: (vector: Vector) => string;
  readonly applies: (vector: Vector) => boolean;
}

/** Of windows of any kind. */
const isWindow = ({ operator }: Vector): boolean =>
  operator.startsWith('window.') || operator === 'panes';

const latenessOf = ({ params }: Vector): number => numberIn(params, 'allowedLateness') ?? 0;

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
    name: 'discarding panes',
    reason:
      'A revision holds the whole window, so that a table row can be replaced by it; what came since the last one is the difference of the two.',
    applies: (vector) =>
      vector.params.accumulation === 'discarding' &&
      latenessOf(vector) > 0 &&
      vector.facts.batchIdeal !== true,
  },
  {
    name: 'allowed lateness not built yet',
    reason: 'The library drops late events; revisions are to come.',
    applies: (vector) => isWindow(vector) && latenessOf(vector) > 0,
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
    name: 'own lane judges',
    reason:
      'An event is late by the watermark of its own lane just before it, so that every replay judges alike; in Flink a slower partition, or a watermark that is not emitted yet, saves it.',
    leavesOut: ['finals', 'late'],
    applies: (vector) => vector.operator === 'watermark.partitions' && tookLateOfPartition(vector),
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
