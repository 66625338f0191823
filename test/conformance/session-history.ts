import { type Bounds, numberIn, type Vector } from './vector.ts';

/**
 * True if the engine took an event whose own session, of it alone, was over when it came: it was near
 * enough to a session that was still open.
 */
export function tookExpired(vector: Vector): boolean {
  const { engine, inputs, params, expected } = vector;
  const late = new Set(expected.late.map(({ i }) => i));
  const gapMs = numberIn(params, 'gap') ?? 0;
  const graceMs = numberIn(params, 'grace') ?? numberIn(params, 'allowedLateness') ?? 0;
  // Everything before it is taken to have come: stream time in Kafka Streams, watermark + 1 in Flink.
  let arrived = -Infinity;
  for (const { type, ts = 0, i } of inputs) {
    const over = ts + gapMs + graceMs;
    if (type === 'watermark') arrived = Math.max(arrived, ts + 1);
    if (type !== 'record') continue;
    const expired = engine === 'flink' ? over <= arrived : over < arrived;
    if (expired && !late.has(i)) return true;
    if (engine === 'kafka-streams') arrived = Math.max(arrived, ts);
  }
  return false;
}

/** True if what came out on closing is not what the aggregation itself came to. */
export function closedOtherwise({ expected }: Vector): boolean {
  const text = (key: string, window: Bounds | null, value: unknown): string =>
    JSON.stringify([key, window?.start, window?.end, value]);
  const finals = new Set(expected.finals.map(({ key, window, value }) => text(key, window, value)));
  const closed = expected.onCloseEmitStrategy ?? [];
  return closed.some(({ key, window, value }) => !finals.has(text(key, window, value)));
}
