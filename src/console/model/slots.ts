import type { Observation } from '../../observability/observer.ts';
import type { WindowSnapshot } from '../snapshot.ts';

interface Slot {
  readonly end: number;
  /** Batches have contributed to it. */
  isContributed: boolean;
  sent: number;
  results: number;
  sum: number | undefined;
}

const KEPT_MAX = 400;
const SHOWN_MAX = 14;
/** Slots as narrow as this are no windows. */
const WINDOW_MIN_MS = 10_000;
/** How many of those that are done are shown of a stage that looks far ahead, as sessions do. */
const DONE_SHOWN = 3;

/**
 * The windows of a stage on their way from the first event to the result. Of a stage without windows, slices of
 * event time: at their ends all that was due in them has been looked at.
 */
export class Slots {
  /** Of a window, or of a slice. */
  readonly widthMs: number;
  /** Its slots are windows that a person can follow. */
  readonly areWindows: boolean;
  readonly #buckets: number;
  readonly #slots = new Map<number, Slot>();
  readonly #firedThrough = new Map<number, number>();
  #target = Number.NEGATIVE_INFINITY;

  constructor(stage: { readonly resolutionMs: number; readonly buckets: number }) {
    this.areWindows = stage.resolutionMs >= WINDOW_MIN_MS;
    this.widthMs = this.areWindows ? stage.resolutionMs : WINDOW_MIN_MS;
    this.#buckets = stage.buckets;
  }

  /** An event that happened at this time was sent. */
  sent(eventTime: number): void {
    const whole = Math.floor(eventTime / this.widthMs) * this.widthMs;
    const end = this.areWindows ? whole + this.widthMs : this.#endOf(eventTime);
    // What is closed gets nothing more, whatever is sent.
    if (end > this.#target) this.#at(end).sent += 1;
  }

  observe(seen: Observation): void {
    if (seen.kind === 'advanced') this.#target = Math.max(this.#target, seen.target);
    if (seen.kind === 'fired') {
      const before = this.#firedThrough.get(seen.bucket) ?? Number.NEGATIVE_INFINITY;
      this.#firedThrough.set(seen.bucket, Math.max(before, seen.through));
      this.#target = Math.max(this.#target, seen.through);
    }
    if (seen.kind !== 'gathered') return;
    for (const slot of seen.slots) this.#at(this.#endOf(slot)).isContributed = true;
  }

  /** Results of windows were told. */
  told(outputs: readonly { readonly windowEnd: number; readonly value: unknown }[]): void {
    for (const { windowEnd, value } of outputs) {
      const slot = this.#at(this.areWindows ? windowEnd : this.#endOf(windowEnd - 1));
      slot.results += 1;
      const number = Number(value);
      // What a sum of rows or alerts would say, nobody knows.
      if (this.areWindows && typeof value !== 'object' && Number.isFinite(number))
        slot.sum = (slot.sum ?? 0) + number;
    }
  }

  /** The newest last. */
  snapshot(watermark: number | undefined): WindowSnapshot[] {
    const contributed = [...this.#slots.values()].filter((slot) => slot.isContributed);
    const shown = this.#shown(contributed.sort((a, b) => a.end - b.end));
    return shown.map(({ end, sent, results, sum }) => {
      const start = end - this.widthMs;
      const passed = watermark === undefined ? 0 : (watermark + 1 - start) / this.widthMs;
      const progress = Math.min(1, Math.max(0, passed));
      return {
        ...{ start, end, sent, progress, results },
        state: this.#stateOf(end, progress),
        sum: sum ?? null,
      };
    });
  }

  /** Windows: the newest. Slices: those that are due next, which may be far behind the newest. */
  #shown(all: readonly Slot[]): readonly Slot[] {
    if (this.areWindows) return all.slice(-SHOWN_MAX);
    const done = all.filter(({ end }) => end <= this.#fired()).length;
    const from = Math.max(0, done - DONE_SHOWN);
    return all.slice(from, from + SHOWN_MAX);
  }

  /** Of the slice that a slot is in, its end included. */
  #endOf(slot: number): number {
    return this.areWindows ? slot : Math.ceil(slot / this.widthMs) * this.widthMs;
  }

  #stateOf(end: number, progress: number): WindowSnapshot['state'] {
    if (this.#fired() >= end) return 'closed';
    if (this.#target >= end) return 'closing';
    return progress > 0 ? 'filling' : 'opening';
  }

  #fired(): number {
    if (this.#firedThrough.size < this.#buckets) return Number.NEGATIVE_INFINITY;
    return Math.min(...this.#firedThrough.values());
  }

  #at(end: number): Slot {
    const known = this.#slots.get(end);
    if (known !== undefined) return known;
    const slot = { end, isContributed: false, sent: 0, results: 0, sum: undefined };
    this.#slots.set(end, slot);
    if (this.#slots.size > KEPT_MAX) this.#slots.delete(Math.min(...this.#slots.keys()));
    return slot;
  }
}
