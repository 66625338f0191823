/** One record as the log holds it. */
export interface LogRecord {
  /** Its place in its lane: decimal digits, greater for later records (compare by length, then text). */
  readonly position: string;
  readonly data: Uint8Array;
  /** When the log took it, in ms. */
  readonly arrivalTime: number;
}

/** One shard as the log knows it now. */
export interface Shard {
  /** The lane that reads it: unique over the life of the log, a recreated stream included. */
  readonly lane: string;
  /** Lanes that this one continues after a split or a merge; they may no longer be listed. */
  readonly parents: readonly string[];
  /** No more records will be put here. */
  readonly closed: boolean;
}

/** What there is behind a position of a shard. */
export interface Probe {
  /** When the probe began, in ms. */
  readonly startedAt: number;
  /** There are records after the position. */
  readonly behind: boolean;
  /** The shard is closed and everything in it was read. */
  readonly drained: boolean;
}

/** What the engine asks of a partitioned log. It never reads events through it. */
export interface Source {
  /** Every shard that can still be read, parents before children. */
  shards(): Promise<readonly Shard[]>;
  /** Looks behind a position (`undefined`: from the oldest record) without consuming anything. */
  probe(lane: string, after: string | undefined): Promise<Probe>;
}
