import type { InputLane } from '../../sources/input-lane.ts';
import { isBlank, type LineBatch } from '../../sources/line-batches.ts';
import type { LogRecord } from '../../sources/source.ts';
import { MAX_TIME } from '../../time/watermark.ts';

/** Records that are gathered together. */
export interface RecordChunk {
  readonly records: readonly LogRecord[];
  /** How much of the lane was read so far. */
  readonly bytesRead: number;
}

/** Beyond it a fold has made of the events what it can; and somebody may be waiting for a sign of life. */
const RECORDS_MAX = 40_000;

/**
 * The lines of a lane after a line number, blank ones left out, as records whose position is the
 * number of their line. A chunk holds about `chunkBytes`.
 */
export async function* readLane(
  input: InputLane,
  after: number,
  chunkBytes: number,
): AsyncGenerator<RecordChunk> {
  let records: LogRecord[] = [];
  let bytes = 0;
  let bytesRead = 0;
  for await (const batch of input.read()) {
    bytesRead = batch.bytesRead;
    if (batch.first + batch.lines.length <= after) continue;
    bytes += addRecords(records, batch, after);
    if (bytes < chunkBytes && records.length < RECORDS_MAX) continue;
    yield { records, bytesRead };
    records = [];
    bytes = 0;
  }
  if (records.length > 0) yield { records, bytesRead };
}

/** Returns how many bytes they are. */
function addRecords(records: LogRecord[], { first, lines }: LineBatch, after: number): number {
  let bytes = 0;
  for (const [i, line] of lines.entries()) {
    const number = first + i;
    if (number <= after || isBlank(line)) continue;
    // When it arrived is not known: at the latest at the end of time.
    records.push({ position: String(number), data: line, arrivalTime: MAX_TIME });
    bytes += line.length;
  }
  return bytes;
}
