/**
 * A plan over files that end.
 *
 * @module tidemark/batch
 */
export { fileLane, type InputLane } from './input-lane.ts';
export type { Job, JobInput } from './job.ts';
export type { Written } from './output.ts';
export type { BatchProgress } from './progress.ts';
export { type BatchOptions, type BatchResult, runBatch } from './run-batch.ts';
export type { BatchSummary } from './summary.ts';
