import { InterruptedError } from '../../errors.ts';
import type { Observation } from '../../observability/observer.ts';
import type { BatchProgress } from './progress.ts';
import type { Workspace } from './workspace.ts';

export interface RunOptions {
  readonly workspace: Workspace;
  readonly checkpointEveryMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: BatchProgress) => void) | undefined;
  readonly bytesTotal: number;
}

const ROOM_EVERY_MS = 200;

/** One call of runBatch: how far it is, when it was last safe, and whether it may go on. */
export class Run {
  readonly #options: RunOptions;
  #progress: BatchProgress;
  #lanesRead: number;
  #safeAt = performance.now();
  #roomAt = performance.now();
  #failure: unknown;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#lanesRead = options.workspace.lanesRead;
    this.#progress = {
      phase: 'read',
      bytesRead: 0,
      bytesTotal: options.bytesTotal,
      records: 0,
      results: 0,
      bucketsFired: 0,
      bucketsTotal: 0,
    };
  }

  /** There is a checkpoint to make, or an end. */
  get isDue(): boolean {
    const { signal, checkpointEveryMs } = this.#options;
    return (signal?.aborted ?? false) || performance.now() - this.#safeAt >= checkpointEveryMs;
  }

  get lanesRead(): number {
    return this.#lanesRead;
  }

  /** What the engine tells. It goes on after some failures, which in a batch nobody would repair. */
  readonly observe = (seen: Observation): void => {
    if (seen.kind === 'fired') {
      this.#tell({ results: this.#progress.results + seen.outputs });
    } else if (seen.kind === 'failed') this.#failure ??= seen.error;
  };

  read(bytesRead: number, records: number): void {
    this.#tell({ bytesRead, records: this.#progress.records + records });
  }

  laneRead(): void {
    this.#lanesRead += 1;
  }

  firing(bucketsFired: number, bucketsTotal: number): void {
    this.#tell({ phase: 'fire', bucketsFired, bucketsTotal });
  }

  writing(): void {
    this.#tell({ phase: 'write' });
  }

  /** Room for signals and timers, some times a second: they never come while work is all there is to do. */
  readonly room = async (): Promise<void> => {
    if (performance.now() - this.#roomAt < ROOM_EVERY_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#roomAt = performance.now();
  };

  /**
   * To be called between any two pieces of work: a checkpoint if one is due, and room.
   *
   * @throws InterruptedError at a checkpoint, if the run shall end
   */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failure !== undefined) throw this.#failure;
    const { signal, workspace } = this.#options;
    if (this.isDue) {
      workspace.checkpoint(this.#lanesRead);
      this.#safeAt = performance.now();
    }
    if (!signal?.aborted) return;
    throw new InterruptedError('the run was interrupted', {
      hint: 'Run the same again to go on from here.',
    });
  }

  #tell(change: Partial<BatchProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#options.onProgress?.(this.#progress);
  }
}
