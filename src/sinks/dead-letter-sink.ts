/** Why a record is in no result. Stable words: programs and alarms read them. */
export type DeadLetterReason =
  | 'NOT_JSON'
  | 'SCHEMA'
  | 'TIMESTAMP'
  | 'FUTURE'
  | 'KEY'
  | 'FUNCTION'
  | 'VALUE'
  /** Nothing is wrong with it but its time: a pipeline keeps it by `sideOutput`. */
  | 'LATE';

/** A record that cannot be processed, and why. Identity: (source, lane, position, index). */
export interface DeadLetter {
  readonly source: string;
  readonly lane: string;
  readonly position: string;
  /** Which event of the record, where one record makes several. */
  readonly index: number;
  readonly reason: DeadLetterReason;
  /** One sentence for a person. */
  readonly detail: string;
  readonly data: Uint8Array;
  readonly arrivalTime: number;
}

/** Keeps dead letters. The same letter twice is one letter. Durable on return. */
export interface DeadLetterSink {
  /** Returns when all are durable; after an error any subset may be. */
  write(letters: readonly DeadLetter[]): Promise<void>;
  /** This sink for the length of one invocation: once `signal` aborts, nothing more is written. */
  until(signal: AbortSignal): DeadLetterSink;
  /** This sink, telling what each write costs in DynamoDB's write units; left out by one that costs nothing. */
  metered?(spent: (writeUnits: number) => void): DeadLetterSink;
}
