import { batch } from './batch.ts';
import { lambdaInMemory } from './handler.ts';
import { handLoop } from './loop.ts';
import type { Way } from './way.ts';

/**
 * `loop` is what the others are compared with; `live` is the same for a stream, where late is late.
 * Its results are those of the handler, and its time is the loop's.
 */
export const WAYS = {
  loop: handLoop(false),
  live: handLoop(true),
  batch,
  lambda: lambdaInMemory,
  // Loading the SDK costs as much as a small run.
  dynamodb: async (task) => (await import('./dynamodb.ts')).lambdaOnDynamo(task),
} as const satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof WAYS;
