/** The key of a row: text or a number, as its table has it. */
export type LookupKey = string | number;

/** A table that others keep, in which the engine looks rows up while it gathers. */
export interface LookupTable {
  /**
   * The rows of these keys as they are now, in the order of the keys; `undefined` where there is none.
   * No key comes twice. `consistent`: with all that was written before; otherwise a row may be a moment
   * old.
   *
   * @throws UnavailableError if it may work later: the batch comes again
   */
  getAll(
    keys: readonly LookupKey[],
    options: { readonly consistent: boolean },
  ): Promise<readonly unknown[]>;
  /** This table for the length of one invocation: once `signal` aborts, nothing more is read. */
  until(signal: AbortSignal): LookupTable;
}
