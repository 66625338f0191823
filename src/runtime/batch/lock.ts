import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigurationError } from '../../errors.ts';

/** The locks of this process. */
const held = new Set<string>();

/**
 * Keeps a second run out of a folder. A lock whose process is gone is taken over: so is one of this process's
 * number that is not its own, as a container numbers its processes alike each time.
 *
 * @returns what gives the lock back
 * @throws ConfigurationError OUTPUT_INVALID if a run is at work there
 */
export function lock(file: string, folder: string): () => void {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      held.add(file);
      return () => {
        held.delete(file);
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder !== undefined && isAtWork(holder, file)) {
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

function isAtWork(pid: number, file: string): boolean {
  if (pid === process.pid) return held.has(file);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
