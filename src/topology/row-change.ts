/** What happened to a row. */
export interface RowChange<V> {
  readonly key: string;
  /** The row as it is now; `undefined`: it is deleted. */
  readonly value: V | undefined;
  /** As it was; `undefined`: there was none. */
  readonly old: V | undefined;
}

/** A key, or none. */
export type Pointer = string | number | null | undefined;
