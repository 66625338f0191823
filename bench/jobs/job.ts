import type { Plan } from 'tidemark';
import type { Loop } from './loop.ts';
import type { SchemaKind } from './schemas.ts';

/** One question that is asked of an input, as a pipeline and as the code that one would write by hand. */
export interface Job {
  readonly name: string;
  readonly what: string;
  readonly input: 'clicks' | 'nexmark';
  readonly plan: (schema: SchemaKind) => Plan;
  /** By hand. `isLive`: late events are left out, as a stream of one lane leaves them out. */
  readonly loop: (emit: (row: object) => void, isLive: boolean) => Loop;
  /** The rows of one result of the pipeline, as the loop has them. */
  readonly rows: (result: JobResult) => readonly object[];
}

/** What every sink tells of a result. */
export interface JobResult {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: unknown;
}
