import {
  closeSync,
  copyFileSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';

/** How much of a log there is. */
export interface LogLength {
  readonly bytes: number;
  readonly lines: number;
}

/** Lines that stay as they come, and in that order: a file that only grows. */
export interface LineLog {
  readonly file: string;
  append(line: string): void;
  /** Makes all of it durable. Returns how much that is. */
  flush(): LogLength;
  close(): void;
}

const NOTHING: LogLength = { bytes: 0, lines: 0 };
const WRITTEN_TOGETHER = 256 * 1024;

/** Opens a log as it was when it had this length; what came after that is forgotten. */
export function lineLog(file: string, length = NOTHING): LineLog {
  alone(file);
  const descriptor = openSync(file, 'a');
  truncateSync(file, length.bytes);
  let { bytes, lines } = length;
  let waiting = '';
  const write = (): void => {
    bytes += writeAll(descriptor, waiting);
    waiting = '';
  };
  return {
    file,
    append(line) {
      waiting += line;
      waiting += '\n';
      lines += 1;
      if (waiting.length >= WRITTEN_TOGETHER) write();
    },
    flush() {
      write();
      fsyncSync(descriptor);
      return { bytes, lines };
    },
    close: () => closeSync(descriptor),
  };
}

/** What an earlier run has published under another name does not change with it. */
function alone(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.nlink ?? 1) === 1) return;
  copyFileSync(file, `${file}.alone`);
  renameSync(`${file}.alone`, file);
}

/** A write may take a part only. Returns how many bytes they are. */
function writeAll(descriptor: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  return bytes.length;
}
