import { type Input, numberIn, type Vector } from './vector.ts';

/**
 * True if an event was late by the watermark of its own partition just before it, but was taken: by
 * then the engine had a lower one, because another partition lay behind or because it had not
 * emitted the last one yet.
 */
export function tookLateOfPartition({ inputs, params, expected }: Vector): boolean {
  const late = new Set(expected.late.map(({ i }) => i));
  const sizeMs = numberIn(params, 'size') ?? 1;
  const delayMs = numberIn(params, 'delay') ?? 0;
  const watermarks = new Map<number, number>();
  for (const { type, partition = 0, ts = 0, i } of inputs) {
    if (type !== 'record') continue;
    const watermark = watermarks.get(partition) ?? -Infinity;
    const windowEnd = Math.floor(ts / sizeMs) * sizeMs + sizeMs;
    if (windowEnd - 1 <= watermark && !late.has(i)) return true;
    watermarks.set(partition, Math.max(watermark, ts - delayMs - 1));
  }
  return false;
}

/** True if the engine took an event at or behind the watermark. */
export function tookBehindWatermark({ inputs, expected }: Vector): boolean {
  const late = new Set(expected.late.map(({ i }) => i));
  let watermark = -Infinity;
  return inputs.some(({ type, ts = 0, i }) => {
    if (type === 'watermark') watermark = Math.max(watermark, ts);
    return type === 'record' && ts <= watermark && !late.has(i);
  });
}

/** Where a channel stands, as the engine sees it. */
interface Channel {
  active: boolean;
  watermark: number;
}

/** True if the watermark rose past a channel that was active again and had not caught up. */
export const wentOnWithoutChannel = (vector: Vector): boolean =>
  rises(vector).some(({ to, channels }) =>
    channels.some((one) => one.active && one.watermark < to),
  );

/** True if the watermark rose because the last active channel became idle. */
export const roseOnIdle = (vector: Vector): boolean =>
  rises(vector).some(({ channels }) => channels.every(({ active }) => !active));

interface Rise {
  readonly to: number;
  readonly channels: readonly Channel[];
}

/** Each rise of the watermark, with the channels as they were after the input that caused it. */
function rises({ inputs, params, expected }: Vector): Rise[] {
  const count = numberIn(params, 'channels') ?? 0;
  const channels = Array.from(
    { length: count },
    (): Channel => ({
      active: true,
      watermark: -Infinity,
    }),
  );
  return inputs.flatMap((input) => {
    change(channels[input.partition ?? 0], input);
    const to = (expected.watermarks ?? []).find(({ after }) => after === input.i)?.watermark;
    return typeof to === 'number' ? [{ to, channels: channels.map((one) => ({ ...one })) }] : [];
  });
}

function change(channel: Channel | undefined, { type, ts = 0 }: Input): void {
  if (channel === undefined) return;
  if (type === 'watermark') channel.watermark = Math.max(channel.watermark, ts);
  else channel.active = type === 'active';
}
