import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { kinesisPut, putByStream } from './kinesis-put.ts';
import type { PutRecord, PutRecords } from './player.ts';

/** A record that a stream has acknowledged, as the console counts it. */
export interface TakenRecord {
  /** As plans call it. */
  readonly stream: string;
  readonly streamName: string;
  readonly shardId: string;
  /** ms; `undefined`: there is none in it. */
  readonly eventTime: number | undefined;
  /** In the time of the events, ms. */
  readonly arrivalTime: number;
  /** It was not part of the traffic. */
  readonly byHand: boolean;
}

/** Puts records into the streams of a run, and counts what they take. */
export class Producer {
  readonly putRecords: PutRecords;
  readonly #onTaken: ((record: TakenRecord) => void) | undefined;
  #clicks = 0;
  #clock: number | undefined;

  /** `streams` are their names by what plans call them. */
  constructor(
    client: KinesisClient,
    streams: Readonly<Record<string, string>>,
    onTaken?: (record: TakenRecord) => void,
  ) {
    this.#onTaken = onTaken;
    const puts = Object.entries(streams).map(([stream, streamName]) => {
      const taken = (record: PutRecord, shardId: string): void =>
        this.#taken(record, { stream, streamName, shardId });
      return [stream, kinesisPut(client, streamName, taken)] as const;
    });
    const byStream = putByStream(Object.fromEntries(puts));
    // What names no stream is a click.
    this.putRecords = (records) =>
      byStream(records.map((record) => ({ stream: CLICKS, ...record })));
  }

  /** How many records the stream of clicks has taken. */
  get clicks(): number {
    return this.#clicks;
  }

  /** When the newest record arrived, in the time of the events, ms. */
  get clock(): number | undefined {
    return this.#clock;
  }

  #taken(
    { data, arrivalTime }: PutRecord,
    where: Pick<TakenRecord, 'stream' | 'streamName' | 'shardId'>,
  ): void {
    if (where.stream === CLICKS) this.#clicks += 1;
    const at = arrivalTime ?? this.#clock ?? Date.now();
    this.#clock = Math.max(at, this.#clock ?? at);
    this.#onTaken?.({
      ...where,
      eventTime: eventTimeOf(data),
      arrivalTime: at,
      byHand: arrivalTime === undefined,
    });
  }
}

/** The stream that all runs have. */
export const CLICKS = 'clicks';

/** Found in the text: a record is not read twice for a picture of it. */
function eventTimeOf(data: Uint8Array): number | undefined {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
  const [, quoted, plain] = /"timestamp":\s*(?:"([^"]{1,40})"|(\d{1,16}))/.exec(text) ?? [];
  const time = quoted === undefined ? Number(plain) : Date.parse(quoted);
  return Number.isNaN(time) ? undefined : time;
}
