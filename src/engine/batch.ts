import type { Decoded } from '../schema/event-decoder.ts';
import type { LogRecord } from '../sources/source.ts';

/** Records of one lane of a stream, in their order. */
export interface Batch {
  readonly source: string;
  /** As the source calls it. */
  readonly lane: string;
  readonly records: readonly LogRecord[];
  /** When it is gathered, ms. */
  readonly now: number;
  readonly decode: (data: Uint8Array) => Decoded;
}
