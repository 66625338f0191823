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

/** Dead letters in a table that may spill. Throws BadRecordError for a stream that stops at them. */
export function letterSink({ table, lanes, stopping }: LetterSinkOptions): DeadLetterSink {
  const names = new Map(lanes.map(({ id, input }) => [id, input.name]));
  const sink: DeadLetterSink = {
    async write(letters) {
      for (const letter of letters) {
        const name = names.get(letter.lane) ?? letter.lane;
        if (stopping.has(letter.source)) throw badRecord(letter, name);
        const sk = `${letter.lane}#${letter.position.padStart(16, '0')}#${letter.index}`;
        table.put({ pk: PARTITION, sk, line: letterLine(letter, name) });
      }
    },
    until: () => sink,
  };
  return sink;
}

/** In the order of the inputs, then of the lines in them. */
export function* letterLines(table: ItemTable): Generator<string> {
  for (const { line } of table.between({ pk: PARTITION, from: '', to: '~' }, undefined)) {
    yield String(line);
  }
}

const PARTITION = '!letters';

function letterLine(letter: DeadLetter, lane: string): string {
  const { reason, detail, position } = letter;
  return JSON.stringify({ reason, detail, lane, position: Number(position), ...dataOf(letter) });
}

/** Text where it is text, so that a person can read it; else bytes that survive. */
const dataOf = ({ data }: DeadLetter) =>
  isUtf8(data)
    ? { data: Buffer.from(data).toString() }
    : { dataBase64: Buffer.from(data).toString('base64') };

const badRecord = ({ source, position, reason, detail }: DeadLetter, lane: string) =>
  new BadRecordError(`line ${position} of '${lane}' cannot be processed: ${reason}, ${detail}`, {
    hint: `The stream ${source} stops at bad records; repair the line, or give the stream onBadRecord: 'deadLetter'.`,
  });
