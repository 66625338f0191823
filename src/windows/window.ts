/** A stretch of event time, ms, from `start` to `end`, `end` not included. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** A kind of window: where the events of one key are cut in time. */
export interface WindowAssigner {
  readonly kind: 'tumbling';
  /** ms. */
  readonly sizeMs: number;
  /** Windows start at this much after multiples of the size, ms. */
  readonly offsetMs: number;
  /** The end of the window that an event belongs to; the window is [end - sizeMs, end). */
  endOf(eventTime: number): number;
  /** In words, for people and for the fingerprint. */
  readonly name: string;
}
