import { SECONDS } from 'tidemark';
import { kinesisRecord } from '../ways/invocations.ts';
import { eventLine } from './plan.ts';

const BATCH = 100;
/** So that every batch closes a window. */
const EVENT_MS = SECONDS / BATCH;
const BEGIN = Date.UTC(2026, 0, 5, 9);

/** The `number`th batch of 100 records, as an invocation. */
export function batchEvent(number: number): object {
  const Records = Array.from({ length: BATCH }, (_, n) => {
    const event = number * BATCH + n;
    const arrivalTime = BEGIN + event * EVENT_MS;
    return kinesisRecord({ number: event, line: eventLine(event, arrivalTime), arrivalTime });
  });
  return { Records };
}

/** When all of that batch have arrived, ms. */
export const arrivedAt = (number: number): number => BEGIN + (number + 1) * BATCH * EVENT_MS;
