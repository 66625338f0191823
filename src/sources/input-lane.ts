import type { LineBatch, LineOptions } from './line-batches.ts';

/** One bounded input: lines in the order in which they arrived, each of them one event as JSON. */
export interface InputLane {
  /** Where the lines come from, for people. No two lanes of a run share one. */
  readonly name: string;
  /** Another one whenever the content may be another: a run does not go on over changed inputs. */
  readonly version: string;
  /** How much there is to read, bytes, for whoever waits for it. */
  readonly bytes: number;
  /** All lines from the first on; may be asked for again. */
  read(): AsyncIterable<LineBatch>;
}

/** What a lane holds its lines to. */
export const LANE_LINES: LineOptions = {
  lineBytesMax: 16 * 1024 * 1024,
  tooLongHint: 'Each line holds one event; split the line or leave it out.',
};
