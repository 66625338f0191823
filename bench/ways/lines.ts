import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** The lines of a file, each as text, as fast as one would write it by hand. */
export function eachLine(file: string, take: (line: string) => void): void {
  const descriptor = openSync(file, 'r');
  const read = Buffer.alloc(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  for (let n = readSync(descriptor, read); n > 0; n = readSync(descriptor, read)) {
    const chunk = Buffer.concat([rest, read.subarray(0, n)]);
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.toString('utf8', from, to));
      from = to + 1;
    }
    rest = chunk.subarray(from);
  }
  if (rest.length > 0) take(rest.toString('utf8'));
  closeSync(descriptor);
}

/** Collects lines for a file. */
export interface LineWriter {
  line(text: string): void;
  /** As JSON. */
  write(value: object): void;
  close(): void;
}

/** Characters. */
const WRITTEN_TOGETHER = 1 << 20;

export function lineWriter(file: string): LineWriter {
  const descriptor = openSync(file, 'w');
  let text = '';
  const flush = (): void => {
    if (text.length > 0) writeSync(descriptor, text);
    text = '';
  };
  const line = (one: string): void => {
    text += `${one}\n`;
    if (text.length >= WRITTEN_TOGETHER) flush();
  };
  return {
    line,
    write: (value) => line(JSON.stringify(value)),
    close() {
      flush();
      closeSync(descriptor);
    },
  };
}
