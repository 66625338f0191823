import { isUtf8 } from 'node:buffer';
import { BadRecordError } from '../../errors.ts';
import type { DeadLetter, DeadLetterSink } from '../../sinks/dead-letter-sink.ts';
import type { ItemTable } from '../../store/item-table.ts';
import type { NumberedLane } from './job.ts';

export interface LetterSinkOptions {
  readonly table: ItemTable;
  readonly lanes: readonly NumberedLane[];
  /** Streams whose plan says to stop at a bad record. Nobody repairs a file while it is read: the run ends. */
  readonly stopping: ReadonlySet<string>;
}

/**
 * Letters in a table that may spill, under a name of theirs. Throws BadRecordError for a stream that stops
 * at them.
 */
export function letterSink(
  of: string,
  { table, lanes, stopping }: LetterSinkOptions,
): DeadLetterSink {
  const pk = partition(of);
  const names = new Map(lanes.map(({ id, input }) => [id, input.name]));
  const sink: DeadLetterSink = {
    async write(letters) {
      for (const letter of letters) {
        const name = names.get(letter.lane) ?? letter.lane;
        if (stopping.has(letter.source)) throw badRecord(letter, name);
        const sk = `${letter.lane}#${letter.position.padStart(16, '0')}#${letter.index}`;
        table.put({ pk, sk, line: letterLine(letter, name) });
      }
    },
    until: () => sink,
  };
  return sink;
}

/** In the order of the inputs, then of the lines in them. */
export function* letterLines(table: ItemTable, of: string): Generator<string> {
  const all = { pk: partition(of), from: '', to: '\u{10ffff}' };
  for (const { line } of table.between(all, undefined)) yield String(line);
}

/** No stage has such a name, so it meets none of the engine's partitions. */
const partition = (of: string): string => `!letters#${of}`;

function letterLine(letter: DeadLetter, lane: string): string {
  const { reason, detail } = letter;
  return JSON.stringify({ reason, detail, lane, position: placeOf(letter), ...dataOf(letter) });
}

/** The number of the line; of what a stage tells another, which is of no line, the slot and the chunk. */
const placeOf = ({ position }: DeadLetter): number | string =>
  /^\d+$/.test(position) ? Number(position) : position;

/** Text where it is text, so that a person can read it; else bytes that survive. */
const dataOf = ({ data }: DeadLetter) =>
  isUtf8(data)
    ? { data: Buffer.from(data).toString() }
    : { dataBase64: Buffer.from(data).toString('base64') };

const badRecord = ({ source, position, reason, detail }: DeadLetter, lane: string) =>
  new BadRecordError(`line ${position} of '${lane}' cannot be processed: ${reason}, ${detail}`, {
    hint: `The stream ${source} stops at bad records; repair the line, or give the stream onBadRecord: 'deadLetter'.`,
  });
