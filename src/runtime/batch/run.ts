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

/** One call of runBatch: how far it is, when it was last safe, and whether it may go on. */
export class Run {
  readonly #options: RunOptions;
  #progress: BatchProgress;
  #lanesRead: number;
  #safeAt = performance.now();
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

  get checkpointEveryMs(): number {
    return this.#options.checkpointEveryMs;
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

  /**
   * To be called between any two pieces of work: a checkpoint if one is due, and room for signals and
   * timers, which never come while work is all there is to do.
   *
   * @throws InterruptedError at a checkpoint, if the run shall end
   */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failure !== undefined) throw this.#failure;
    const { signal, checkpointEveryMs, workspace } = this.#options;
    const due = performance.now() - this.#safeAt >= checkpointEveryMs;
    if (due || signal?.aborted) {
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
