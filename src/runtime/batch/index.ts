/**
 * A plan over inputs that end: files, or objects of S3 with `s3Lanes` of tidemark/aws.
 *
 * @module tidemark/batch
 */
export { fileLane } from '../../sources/file-lane.ts';
export type { InputLane } from '../../sources/input-lane.ts';
export type { Job, JobInput } from './job.ts';
export type { Written } from './output.ts';
export type { BatchProgress } from './progress.ts';
export { type BatchOptions, type BatchResult, runBatch } from './run-batch.ts';
export type { BatchSummary } from './summary.ts';
