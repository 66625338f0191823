import { ConfigurationError } from '../../errors.ts';
import { checkLineFile, lineBatches } from '../../sources/line-file.ts';

const KINESIS_LINES = {
  /** What a Kinesis record (1 MiB) holds beside its partition key (256 characters of up to 4 bytes). */
  lineBytesMax: 1_048_576 - 1_024,
  tooLongHint: 'A Kinesis record cannot hold it; split the line or leave it out.',
};

/** Throws a ConfigurationError that says what is wrong with the file, if it cannot be played. */
export function checkInputFile(file: string): void {
  if (checkLineFile(file).size > 0) return;
  throw new ConfigurationError(
    'INPUT_INVALID',
    `'${file}' is empty`,
    'It needs one JSON object a line.',
  );
}

/** The lines of a file as bytes, without their newlines, unpacked where the content is gzip. */
export async function* lines(file: string): AsyncGenerator<Buffer> {
  checkInputFile(file);
  for await (const batch of lineBatches(file, KINESIS_LINES)) {
    for (let n = 0; n < batch.count; n++) yield batch.line(n);
  }
}
