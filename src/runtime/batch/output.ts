import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { type LineLog, lineLog } from './line-log.ts';

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
  const length = log?.flush();
  const rest = lines[Symbol.iterator]();
  let next = rest.next();
  rmSync(`${target}.new`, { force: true });
  if (log && length && next.done && isLinked(log.file, `${target}.new`))
    return { file, lines: length.lines, publish };
  if (log) copyFileSync(log.file, `${target}.new`);
  const staged = lineLog(`${target}.new`, length);
  for (; !next.done; next = rest.next()) staged.append(next.value);
  const { lines: count } = staged.flush();
  staged.close();
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
