import { invariant } from '../invariant.ts';

/**
 * A slot is a grid point of event time, in ms: the instant at which a contribution must be looked
 * at. Slot s covers the event times [s - resolution, s), and is closed once the watermark is at or
 * past s - 1. All functions here are exact for every time that a Date can hold.
 */
export const floorTo = (time: number, step: number): number => Math.floor(time / step) * step;

export const ceilTo = (time: number, step: number): number => Math.ceil(time / step) * step;

/** The last slot that is closed at this watermark. */
export const closedThrough = (watermark: number, resolution: number): number =>
  floorTo(watermark + 1, resolution);

/** The first slot that is still open at this watermark. */
export const firstOpen = (watermark: number, resolution: number): number =>
  closedThrough(watermark, resolution) + resolution;

/** The slot that covers an instant: firing it sees all events up to there. */
export const slotCovering = (instant: number, resolution: number): number =>
  floorTo(instant, resolution) + resolution;

export const isClosed = (slot: number, watermark: number): boolean => slot - 1 <= watermark;

const WIDTH = 16;
/** Beyond every time, and still exact: negative slots are told by their distance from here. */
const COMPLEMENT = 9_000_000_000_000_000;

/** A slot as text that sorts as the number does, negative ones included, and reads as a number does. */
export function slotText(slot: number): string {
  invariant(Number.isSafeInteger(slot), `slot ${slot} is a whole number of ms`);
  return slot >= 0 ? `p${pad(slot)}` : `n${pad(COMPLEMENT + slot)}`;
}

export function parseSlotText(text: string): number {
  const digits = Number(text.slice(1, 1 + WIDTH));
  return text.startsWith('p') ? digits : digits - COMPLEMENT;
}

const pad = (value: number): string => String(value).padStart(WIDTH, '0');
