import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { entryOf } from '../../engine/entry-of.ts';
import { memoryTable } from '../../store/memory-table.ts';
import { openRun, writeRun } from '../../store/spilling/run-file.ts';
import { type SpillingTable, spillingTable } from '../../store/spilling/spilling-table.ts';
import { sharingStore, type TableStore } from '../../store/table-store.ts';
import type { Job } from './job.ts';
import { type LineLog, type LogLength, lineLog } from './line-log.ts';
import { lock } from './lock.ts';

/** Where a run keeps what it cannot keep in memory, and from where it goes on after a crash. */
export interface Workspace {
  readonly store: TableStore;
  /** What is in the store's table `state`, with results and dead letters beside it. */
  readonly table: SpillingTable;
  /** Lines under a name that are results as they are, in their order. */
  log(name: string): LineLog;
  /** How many lanes the last checkpoint had read to their end. */
  readonly lanesRead: number;
  /** It goes on with what an earlier run has begun. */
  readonly resumed: boolean;
  /** Makes all of it durable as it is now: a later run finds this, or the next checkpoint, and nothing between. */
  checkpoint(lanesRead: number): void;
  /** Gives the folder free; what was checkpointed stays there. */
  close(): void;
  /** Deletes everything: the run is finished. */
  remove(): void;
}

interface Checkpoint {
  readonly format: typeof FORMAT;
  readonly job: Job;
  readonly lanesRead: number;
  readonly runs: readonly string[];
  /** By the name of the log. */
  readonly logs: Readonly<Record<string, LogLength>>;
  readonly control: string;
}

const FORMAT = 2;
const CHECKPOINT = 'checkpoint.json';
/** After each slot of a keyed operator the engine asks for what comes next, which is in the first two segments. */
const PAGES = { first: 2, next: 64 };

export const workFolder = (output: string): string => path.join(output, '.tidemark');

/** The job of the unfinished run in a folder, if there is one. */
export function unfinishedJob(output: string): Job | undefined {
  return readCheckpoint(workFolder(output))?.job;
}

/**
 * Opens the workspace of an output folder, at its last checkpoint if it has one. Whether that is of
 * the same job is for the caller to check before.
 *
 * @throws ConfigurationError OUTPUT_INVALID if another run is at work there
 */
export function openWorkspace(output: string, job: Job, limitBytes: number): Workspace {
  const folder = workFolder(output);
  mkdirSync(folder, { recursive: true });
  const unlock = lock(path.join(folder, 'lock'), output);
  const found = readCheckpoint(folder);
  deleteAllBut(
    folder,
    found ? [...found.runs, found.control, ...Object.keys(found.logs).map(logName)] : [],
  );
  const logs = new Map<string, LineLog>();
  const log = (name: string): LineLog =>
    entryOf(logs, name, () => lineLog(path.join(folder, logName(name)), found?.logs[name]));
  const table = spillingTable({ folder, limitBytes, runs: found?.runs ?? [] });
  const control = memoryTable();
  if (found) readControl(path.join(folder, found.control), control.put);
  let written = numberOf(found?.control);
  const close = (): void => {
    table.close();
    for (const log of logs.values()) log.close();
    unlock();
  };
  return {
    store: sharingStore({ control, state: table }, PAGES),
    table,
    log,
    lanesRead: found?.lanesRead ?? 0,
    resumed: found !== undefined,
    checkpoint(lanesRead) {
      const before = controlName(written);
      const now = controlName(++written);
      writeRun(path.join(folder, now), control.all());
      const runs = table.flush();
      // Also those that nothing has come to since.
      for (const name of Object.keys(found?.logs ?? {})) log(name);
      const lengths = Object.fromEntries([...logs].map(([name, log]) => [name, log.flush()]));
      writeCheckpoint(folder, {
        format: FORMAT,
        job,
        lanesRead,
        runs,
        logs: lengths,
        control: now,
      });
      table.prune();
      rmSync(path.join(folder, before), { force: true });
    },
    close,
    remove() {
      close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Forgets an unfinished run. Not for a folder in which one is at work. */
export function discard(output: string): void {
  const folder = workFolder(output);
  if (!existsSync(folder)) return;
  const unlock = lock(path.join(folder, 'lock'), output);
  rmSync(path.join(folder, CHECKPOINT), { force: true });
  unlock();
}

const logName = (name: string): string => `${name}.lines`;
const controlName = (number: number): string => `control-${number}.run`;
const numberOf = (name = ''): number => Number(/\d+/.exec(name)?.[0] ?? 0);

function readControl(file: string, put: ReturnType<typeof memoryTable>['put']): void {
  const run = openRun(file);
  for (const item of run.all()) put(item);
  run.close();
}

function deleteAllBut(folder: string, names: readonly string[]): void {
  for (const name of readdirSync(folder)) {
    if (/\.(run|lines)$/.test(name) && !names.includes(name)) rmSync(path.join(folder, name));
  }
}

function readCheckpoint(folder: string): Checkpoint | undefined {
  const file = path.join(folder, CHECKPOINT);
  if (!existsSync(file)) return undefined;
  const checkpoint = JSON.parse(readFileSync(file, 'utf8')) as Checkpoint;
  // Of another version of the library: it can only begin anew.
  return checkpoint.format === FORMAT ? checkpoint : undefined;
}

/** Whole or not at all, also when the machine stops. */
function writeCheckpoint(folder: string, checkpoint: Checkpoint): void {
  const file = path.join(folder, CHECKPOINT);
  const descriptor = openSync(`${file}.new`, 'w');
  writeSync(descriptor, JSON.stringify(checkpoint));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${file}.new`, file);
}
