/** What the engine tells whoever watches it. Never an event's payload, never a key. */
export type Observation =
  | GatheredObservation
  | FiredObservation
  | TickedObservation
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
      /** An attempt could not commit, because a later one has begun. */
      readonly kind: 'fenced';
      readonly stage: string;
      readonly lane: string;
      readonly epoch: number;
    }
  | {
      /** Earlier attempts that never committed, and now never will: each is told of once. */
      readonly kind: 'aborted';
      readonly stage: string;
      readonly lane: string;
      /** Of the attempt that has committed. */
      readonly epoch: number;
      readonly attempts: number;
    }
  | {
      /** A lane waits at a record that cannot be processed, as the pipeline says. */
      readonly kind: 'stopped';
      readonly stage: string;
      readonly lane: string;
      readonly epoch: number;
      readonly position: string;
      readonly reason: string;
    }
  | {
      /** A batch was not taken; it comes again. */
      readonly kind: 'undone';
      readonly stage: string;
      readonly lane: string;
      readonly error: unknown;
    }
  | {
      readonly kind: 'failed';
      readonly stage: string;
      /** If it was a firing. */
      readonly bucket?: number;
      readonly what: string;
      readonly error: unknown;
    }
  | {
      /** A conditional write was refused: somebody else was there before. */
      readonly kind: 'refused';
      readonly stage: string;
      /** The sort key of the item: never a key of events. */
      readonly item: string;
    }
  | {
      /** Something was written for the stage, and has cost so much. */
      readonly kind: 'spent';
      readonly stage: string;
      /** In DynamoDB's write units. */
      readonly writeUnits: number;
    }
  | {
      readonly kind: 'took';
      readonly stage: string;
      readonly step: TimedStep;
      readonly ms: number;
    };

/** A batch was committed. */
export interface GatheredObservation {
  readonly kind: 'gathered';
  readonly stage: string;
  readonly lane: string;
  readonly epoch: number;
  readonly records: number;
  /** Of those records, as they lie in the log. */
  readonly bytes: number;
  /** Copies of records that were taken before: not among those records. */
  readonly duplicates: number;
  readonly filtered: number;
  /** Too late for everything that they belong to. */
  readonly late: number;
  /** Of the late ones, those that the pipeline keeps. */
  readonly lateKept: number;
  /** Came when what they belong to first was closed, and are in a result all the same. */
  readonly lateAllowed: number;
  readonly deadLetters: number;
  readonly segments: number;
  /** Of the newest record, ms. */
  readonly arrivalTime: number;
  /** After the batch, ms. */
  readonly watermark: number;
  /** Slots that the batch contributed to, ms, ascending. */
  readonly slots: readonly number[];
}

/** A bucket has come further. */
export interface FiredObservation {
  readonly kind: 'fired';
  readonly stage: string;
  readonly bucket: number;
  /** All slots up to here are fired, ms. */
  readonly through: number;
  /** Those of them that there was something in, ms, ascending. */
  readonly slots: readonly number[];
  readonly outputs: number;
  /** Results that whoever reads them could not take. */
  readonly deadLetters: number;
  /** Wall time at which all of it was out, ms. */
  readonly at: number;
  /** Wall time at which the first of it was closed, ms; `undefined` if nobody knows. */
  readonly closedAt: number | undefined;
}

/** A stage was looked after. */
export interface TickedObservation {
  readonly kind: 'ticked';
  readonly stage: string;
  /** Buckets that had something to fire when the tick came. */
  readonly lagging: number;
  /** For how long the one of them that has waited longest has, ms; 0 without one, `undefined` of a stage that never fires. */
  readonly firingLagMs: number | undefined;
  /** What it knows of the lanes; `undefined` if the stage reads no stream. */
  readonly lanes: LanesSeen | undefined;
}

export interface LanesSeen {
  readonly count: number;
  /** Those that have records which are not taken yet. */
  readonly behind: number;
  /** For how long the slowest of those has not moved its watermark, ms; 0 without one. */
  readonly heldBackMs: number;
  /** From the last slot that is closed to the one of the newest event; `undefined` before one is closed. */
  readonly openSlots: number | undefined;
}

/** `emit` is a part of `fire`; the others follow one another. */
export type TimedStep =
  | 'claim'
  | 'fold'
  | 'write'
  | 'commit'
  | 'advance'
  | 'fire'
  | 'emit'
  | 'tick';

/** Hears what the engine does, as it does it. It must not throw, and what it returns is not waited for. */
export type Observer = (observation: Observation) => void;
