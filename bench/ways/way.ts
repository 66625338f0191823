import type { Plan } from 'tidemark';
import type { Job } from '../jobs/job.ts';
import type { SchemaKind } from '../jobs/schemas.ts';

/** What a job is run over, and where its results go. */
export interface Task {
  readonly job: Job;
  readonly schema: SchemaKind;
  /** JSON lines: one event each. */
  readonly input: string;
  /** JSON lines: one event of a Kinesis mapping each. */
  readonly invocations: string;
  /** A folder of its own, which is there. */
  readonly folder: string;
  /** Of a DynamoDB API, where the way needs one. */
  readonly endpoint?: string;
}

/** A way to run a job. Returns the file of its results. */
export type Way = (task: Task) => Promise<string>;

export const planOf = ({ job, schema }: Task): Plan => job.plan(schema);
