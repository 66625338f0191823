/** One result of one window of one key, which happens at its last instant. Times in ms; `windowEnd` is not included. */
export interface WindowResult<V> {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: V;
}
