import type { InputLane } from '../../sources/input-lane.ts';
import { isBlank, type LineBatch } from '../../sources/line-batches.ts';
import type { LogRecord } from '../../sources/source.ts';
import { MAX_TIME } from '../../time/watermark.ts';

/** Records that are gathered together. */
export interface RecordChunk {
  /** Each is made when it is asked for. */
  readonly records: Iterable<LogRecord>;
  /** How many lines they come from. */
  readonly lines: number;
  /** How much of the lane was read so far. */
  readonly bytesRead: number;
}

/** Beyond it a fold has made of the events what it can; and somebody may be waiting for a sign of life. */
const LINES_MAX = 40_000;

/**
 * The lines of a lane after a line number, blank ones left out, as records whose position is the
 * number of their line. A chunk holds about `chunkBytes`.
 */
export async function* readLane(
  input: InputLane,
  after: number,
  chunkBytes: number,
): AsyncGenerator<RecordChunk> {
  let batches: LineBatch[] = [];
  let lines = 0;
  let bytes = 0;
  let bytesRead = 0;
  for await (const batch of input.read()) {
    bytesRead = batch.bytesRead;
    if (batch.first + batch.count - 1 <= after) continue;
    batches.push(batch);
    lines += batch.count;
    bytes += batch.bytes;
    if (bytes < chunkBytes && lines < LINES_MAX) continue;
    yield { records: recordsIn(batches, after), lines, bytesRead };
    batches = [];
    lines = 0;
    bytes = 0;
  }
  if (lines > 0) yield { records: recordsIn(batches, after), lines, bytesRead };
}

const recordsIn = (batches: readonly LineBatch[], after: number): Iterable<LogRecord> => ({
  *[Symbol.iterator]() {
    for (const batch of batches) {
      const { first, count } = batch;
      for (let n = Math.max(0, after + 1 - first); n < count; n++) {
        const data = batch.line(n);
        if (isBlank(data)) continue;
        // When it arrived is not known: at the latest at the end of time.
        yield { position: String(first + n), data, arrivalTime: MAX_TIME };
      }
    }
  },
});
