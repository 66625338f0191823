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

/** The windows of a stage on their way from the first event to the result. */
export class Slots {
  readonly resolutionMs: number;
  readonly #buckets: number;
  readonly #slots = new Map<number, Slot>();
  readonly #firedThrough = new Map<number, number>();
  #target = Number.NEGATIVE_INFINITY;

  constructor(stage: { readonly resolutionMs: number; readonly buckets: number }) {
    this.resolutionMs = stage.resolutionMs;
    this.#buckets = stage.buckets;
  }

  /** Its slots are windows that a person can follow. */
  get areWindows(): boolean {
    return this.resolutionMs >= WINDOW_MIN_MS;
  }

  /** An event that happened at this time was sent. */
  sent(eventTime: number): void {
    if (!this.areWindows) return;
    const end = Math.floor(eventTime / this.resolutionMs) * this.resolutionMs + this.resolutionMs;
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
    if (seen.kind !== 'gathered' || !this.areWindows) return;
    for (const end of seen.slots) this.#at(end).isContributed = true;
  }

  /** Results of windows were told. */
  told(outputs: readonly { readonly windowEnd: number; readonly value: unknown }[]): void {
    for (const { windowEnd, value } of outputs) {
      const slot = this.#at(windowEnd);
      slot.results += 1;
      const number = Number(value);
      if (typeof value !== 'object' && Number.isFinite(number)) slot.sum = (slot.sum ?? 0) + number;
    }
  }

  /** The newest last. */
  snapshot(watermark: number | undefined): WindowSnapshot[] {
    const contributed = [...this.#slots.values()].filter((slot) => slot.isContributed);
    const shown = contributed.sort((a, b) => a.end - b.end).slice(-SHOWN_MAX);
    return shown.map(({ end, sent, results, sum }) => {
      const start = end - this.resolutionMs;
      const passed = watermark === undefined ? 0 : (watermark + 1 - start) / this.resolutionMs;
      const progress = Math.min(1, Math.max(0, passed));
      return {
        ...{ start, end, sent, progress, results },
        state: this.#stateOf(end, progress),
        sum: sum ?? null,
      };
    });
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
