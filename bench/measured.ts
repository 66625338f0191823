import type { SchemaKind } from './jobs/schemas.ts';
import type { WayName } from './ways/index.ts';

/** The files of an input. */
export interface InputFiles {
  /** A line an event. */
  readonly input: string;
  /** A line an invocation of a Kinesis mapping. */
  readonly invocations: string;
}

/** What a child is to run. */
export interface ChildCall {
  readonly job: string;
  readonly way: WayName;
  readonly schema: SchemaKind;
  readonly warmUp: InputFiles;
  readonly measured: InputFiles;
  /** Where it may write. */
  readonly folder: string;
  readonly endpoint?: string;
}

/** What one run took. */
export interface Measured {
  /** User and system time of the process, all of its threads. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The most that was resident. */
  readonly rssMb: number;
  readonly rows: number;
  /** Of the sorted rows. */
  readonly md5: string;
}
