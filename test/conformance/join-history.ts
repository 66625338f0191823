import { type Input, numberIn, type Vector } from './vector.ts';

/** What a join tells, by the values of its events; `ts` of an event that is alone. */
export interface Told {
  readonly key: string | null;
  readonly left: unknown;
  readonly right: unknown;
}

export const isJoin = ({ operator }: Vector): boolean => operator === 'join.stream-stream';

/** The events that a join takes: Kafka Streams drops those without a value, as if they had not come. */
export const isTaken = ({ engine }: Vector, { type, value }: Input): boolean =>
  type !== 'record' || engine !== 'kafka-streams' || value !== null;

/** Bounds in ms, both included: where one is not, it is one ms nearer. */
export const boundsOf = ({ params }: Vector): { before: number; after: number } => ({
  before: (numberIn(params, 'joinBefore') ?? 0) - Number(params.lowerInclusive === false),
  after: (numberIn(params, 'joinAfter') ?? 0) - Number(params.upperInclusive === false),
});

export const hasNoKey = (vector: Vector): boolean =>
  isJoin(vector) && vector.inputs.some(({ type, key }) => type === 'record' && key === null);

/** How far a record came behind the clock at most, ms: its own stream's in Kafka Streams, else the watermark. */
export function greatestLag(vector: Vector): number {
  const clocks = new Map<string | undefined, number>();
  let lag = 0;
  for (const { type, stream, ts = 0 } of vector.inputs.filter((one) => isTaken(vector, one))) {
    const isKafka = vector.engine === 'kafka-streams';
    const clock = isKafka ? stream : undefined;
    const now = clocks.get(clock) ?? -Infinity;
    if (type === 'record') lag = Math.max(lag, now - ts + Number(!isKafka));
    if (type === (isKafka ? 'record' : 'watermark')) clocks.set(clock, Math.max(now, ts));
  }
  return lag;
}

/**
 * Of the events that Flink calls late, being behind the watermark, those that are late for us: no
 * partner of theirs can be on time any more.
 */
export function lateForAll(vector: Vector): number[] {
  const { before, after } = boundsOf(vector);
  const late = new Set(vector.expected.late.map(({ i }) => i));
  let watermark = -Infinity;
  return vector.inputs.flatMap(({ type, stream, ts = 0, i }) => {
    if (type === 'watermark') watermark = Math.max(watermark, ts);
    const last = ts + Math.max(stream === 'left' ? after : before, 0);
    return late.has(i) && last < watermark ? [i] : [];
  });
}

/**
 * True if an event that is alone still waits for a partner when the inputs are over: Kafka Streams tells
 * it when stream time has passed its window and the grace, and its inputs have no end.
 */
export function stillWaits(vector: Vector, told: Told): boolean {
  if (vector.engine !== 'kafka-streams' || (told.left !== null && told.right !== null))
    return false;
  const { before, after } = boundsOf(vector);
  const records = vector.inputs.filter((one) => one.type === 'record' && isTaken(vector, one));
  const streamTime = Math.max(...records.map(({ ts = 0 }) => ts));
  const isLeft = told.right === null;
  const own = records.find(
    ({ stream, value }) =>
      stream === (isLeft ? 'left' : 'right') && value === (isLeft ? told.left : told.right),
  );
  const graceMs = numberIn(vector.params, 'grace') ?? 0;
  return (own?.ts ?? 0) + (isLeft ? after : before) + graceMs >= streamTime;
}

/** True if an event was told alone by us only because the inputs ended. */
export const endsWaiting = (vector: Vector): boolean =>
  isJoin(vector) && vector.engine === 'kafka-streams' && vector.params.joinType !== 'inner';
