import type { Decoded } from '../schema/event-decoder.ts';
import type { LogRecord } from '../sources/source.ts';

/** Records of one lane of a stream, in their order. */
export interface Batch {
  readonly source: string;
  /** As the source calls it. */
  readonly lane: string;
  /** Gone over as often as rows are missing that they look up. */
  readonly records: Iterable<LogRecord>;
  /** When it is gathered, ms. */
  readonly now: number;
  readonly decode: (data: Uint8Array) => Decoded;
}
