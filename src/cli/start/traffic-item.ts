/** One record to put into the stream, in the order of arrival. */
export interface TrafficItem {
  /** JSON text or a malformed line, put as it is; bytes where it is no valid text. */
  readonly line: string | Uint8Array;
  readonly partitionKey: string;
  /** When it arrives in the time of the events, ms; paces the player and never goes back. */
  readonly arrivalTime: number;
  /** Which of several streams it is for; `undefined`: there is one. */
  readonly stream?: string;
}
