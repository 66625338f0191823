import type { LogRecord } from '../sources/source.ts';
import { atOnce } from '../topology/at-once.ts';
import type { SourcePlan } from '../topology/plan.ts';
import type { Batch } from './batch.ts';
import type { Lane } from './lane.ts';

/** The time of an event as its source means it, as far as it is one. */
export function timeOfRecord(
  { timestamp }: SourcePlan,
  event: unknown,
  { arrivalTime }: LogRecord,
  processingTime: number,
): unknown {
  if (timestamp === 'arrival') return arrivalTime;
  if (timestamp === 'processing') return processingTime;
  return atOnce(timestamp(event as never));
}

/**
 * The time at which an attempt processes its records, the same for all of them, ms. Clocks differ from
 * machine to machine: it is never behind what the lane has passed, so that nothing is late.
 */
export const processingTimeOf = ({ now }: Batch, { watermark }: Lane): number =>
  Math.max(now, watermark + 1);
