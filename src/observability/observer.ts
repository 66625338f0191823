/** What the engine tells whoever watches it. Never an event's payload. */
export type Observation =
  | {
      readonly kind: 'gathered';
      readonly stage: string;
      readonly lane: string;
      readonly epoch: number;
      readonly records: number;
      readonly filtered: number;
      readonly late: number;
      readonly deadLetters: number;
      readonly segments: number;
      /** After the batch, ms. */
      readonly watermark: number;
      /** Slots that the batch contributed to, ms, ascending. */
      readonly slots: readonly number[];
    }
  | {
      readonly kind: 'fired';
      readonly stage: string;
      readonly bucket: number;
      /** All slots up to here are fired, ms. */
      readonly through: number;
      readonly outputs: number;
    }
  | {
      readonly kind: 'advanced';
      readonly stage: string;
      /** All slots up to here are closed, ms. */
      readonly target: number;
    }
  | {
      readonly kind: 'raised';
      readonly stage: string;
      readonly lane: string;
      /** Position after which the raise took effect. */
      readonly position: string;
      readonly watermark: number;
    }
  | { readonly kind: 'ended'; readonly stage: string; readonly lane: string }
  | {
      readonly kind: 'fenced';
      readonly stage: string;
      readonly lane: string;
      readonly epoch: number;
    }
  | {
      readonly kind: 'failed';
      readonly stage: string;
      readonly what: string;
      readonly error: unknown;
    };

export type Observer = (observation: Observation) => void;
