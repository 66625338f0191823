import type { Vector } from './vector.ts';

export type CheckName = 'finals' | 'updates' | 'onClose' | 'late' | 'watermarks';

/** What was compared, and how it differs. */
export interface Check {
  readonly name: CheckName;
  readonly difference: string | undefined;
}

/** Runs the vectors of an operator through the library. */
export type Adapter = (vector: Vector) => Promise<readonly Check[]>;
