/** Where a run stands. */
export interface BatchProgress {
  /** Reading and folding lines; making results of what was folded; writing them out. */
  readonly phase: 'read' | 'fire' | 'write';
  /** Of the input files, as they lie on the disk. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  /** Lines that this call has read. */
  readonly records: number;
  /** Results that this call has made. */
  readonly results: number;
  /** Buckets that have fired all they have. */
  readonly bucketsFired: number;
  readonly bucketsTotal: number;
}
