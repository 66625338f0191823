import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigurationError } from '../../errors.ts';

/**
 * Keeps a second run out of a folder. A lock whose process is gone is taken over.
 *
 * @returns what gives the lock back
 * @throws ConfigurationError OUTPUT_INVALID if a run is at work there
 */
export function lock(file: string, folder: string): () => void {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder !== undefined && isRunning(holder)) {
      throw new ConfigurationError(
        'OUTPUT_INVALID',
        `process ${holder} is writing to '${folder}'`,
        `Wait for it to end; if it is no run of tidemark, delete '${file}'.`,
      );
    }
    rmSync(file, { force: true });
  }
}

function holderOf(file: string): number | undefined {
  try {
    const holder = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(holder) && holder > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
