/** A stretch of event time, ms, from `start` to `end`, `end` not included. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** How the events of one key are cut in time. Times in ms. */
export type WindowKind =
  | {
      readonly kind: 'aligned';
      readonly sizeMs: number;
      /** From the start of one window to the start of the next. */
      readonly advanceMs: number;
      /** Windows start at this much after multiples of the advance. */
      readonly offsetMs: number;
      /** In words, for people and for the fingerprint. */
      readonly name: string;
    }
  | { readonly kind: 'session'; readonly gapMs: number; readonly name: string }
  | {
      readonly kind: 'perEvent';
      /** From the first to the last instant, both included. */
      readonly spanMs: number;
      readonly which: 'lookBack' | 'around';
      readonly name: string;
    };
