import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import type { LineLog } from './line-log.ts';

/** A file of lines that a run has left. */
export interface Written {
  /** In the output folder. */
  readonly file: string;
  readonly lines: number;
}

/** A file that is complete under another name, and waits to get its own. */
export interface Staged extends Written {
  publish(): void;
}

const WRITTEN_TOGETHER = 256 * 1024;

/**
 * Makes the output folder.
 *
 * @throws ConfigurationError OUTPUT_INVALID if that cannot be, or if nothing can be written there
 */
export function prepareOutput(folder: string): void {
  const probe = path.join(folder, '.tidemark-probe');
  try {
    mkdirSync(folder, { recursive: true });
    closeSync(openSync(probe, 'w'));
    rmSync(probe);
  } catch (error) {
    throw new ConfigurationError(
      'OUTPUT_INVALID',
      `'${folder}' cannot be written to: ${error instanceof Error ? error.message : String(error)}`,
      'Name a folder that you may write to; it is made if it is not there.',
    );
  }
}

/**
 * Writes lines to a file of another name, after those of a log; the file of this one changes only when it is
 * published.
 */
export function stage(
  folder: string,
  file: string,
  lines: Iterable<string>,
  log?: LineLog,
): Staged {
  const target = path.join(folder, file);
  let count = 0;
  if (log) {
    count = log.flush().lines;
    copyFileSync(log.file, `${target}.new`);
  }
  const descriptor = openSync(`${target}.new`, log ? 'a' : 'w');
  let waiting = '';
  for (const line of lines) {
    waiting += `${line}\n`;
    count += 1;
    if (waiting.length < WRITTEN_TOGETHER) continue;
    writeAll(descriptor, waiting);
    waiting = '';
  }
  writeAll(descriptor, waiting);
  fsyncSync(descriptor);
  closeSync(descriptor);
  return { file, lines: count, publish: () => renameSync(`${target}.new`, target) };
}

/** A write may take a part only. Returns how many bytes they are. */
export function writeAll(descriptor: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  return bytes.length;
}
