import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import type { LineLog } from './line-log.ts';
import { writeAll } from './write-all.ts';

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
  const publish = (): void => renameSync(`${target}.new`, target);
  let count = log?.flush().lines ?? 0;
  const rest = lines[Symbol.iterator]();
  let next = rest.next();
  rmSync(`${target}.new`, { force: true });
  if (log && next.done && isLinked(log.file, `${target}.new`))
    return { file, lines: count, publish };
  if (log) copyFileSync(log.file, `${target}.new`);
  const descriptor = openSync(`${target}.new`, 'a');
  let waiting = '';
  for (; !next.done; next = rest.next()) {
    waiting += `${next.value}\n`;
    count += 1;
    if (waiting.length < WRITTEN_TOGETHER) continue;
    writeAll(descriptor, waiting);
    waiting = '';
  }
  writeAll(descriptor, waiting);
  fsyncSync(descriptor);
  closeSync(descriptor);
  return { file, lines: count, publish };
}

/** A file that is complete need not be copied, where the disk can call it by two names. */
function isLinked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch {
    return false;
  }
}
