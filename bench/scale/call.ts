import type { Load } from './load.ts';

export const SCALE_WAYS = ['batch', 'handler'] as const;

/** `batch`: runBatch over files; `handler`: invoked over a store in memory, which keeps everything. */
export type ScaleWay = (typeof SCALE_WAYS)[number];

/** What a child is to run. */
export interface ScaleCall {
  readonly way: ScaleWay;
  readonly load: Load;
  /** Where it may write. */
  readonly folder: string;
}

/** What one run took. */
export interface ScaleMeasured {
  /** User and system time of all threads, without what it takes to make the events. */
  readonly cpuSeconds: number;
  /** The most that was resident. */
  readonly rssMb: number;
  readonly rows: number;
  /** What the rows have counted. */
  readonly counted: number;
  /** How many items of contributions a handler has written; a batch does not count them. */
  readonly segments?: number;
}

/** How a way runs a load. */
export type RunLoad = (load: Load, folder: string) => Promise<Omit<ScaleMeasured, 'rssMb'>>;
