import { batchSink, type CallOptions, type MessageSinkOptions } from './batch-sink.ts';
import { messageOf } from './message.ts';
import type { Sink } from './sink.ts';

/** What is needed of a client: `EventBridge` of @aws-sdk/client-eventbridge has it. */
export interface BusClient {
  /** Puts up to ten events, and tells which were not taken. */
  putEvents(
    input: { Entries: BusEntry[] },
    options?: CallOptions,
  ): Promise<{ Entries?: readonly { readonly ErrorCode?: string | undefined }[] | undefined }>;
}

export interface BusEntry {
  EventBusName: string;
  Source: string;
  DetailType: string;
  Detail: string;
}

/** Which bus results go to, and by which client. */
export interface BusSinkOptions extends MessageSinkOptions {
  readonly client: BusClient;
  /** Its name or ARN. */
  readonly busName: string;
}

/** Of a request, and so of an event: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const REQUEST_BYTES_MAX = 256 * 1024;

/**
 * An EventBridge bus. The source of an event is the producer, its detail type the stage, its detail
 * `{ identity, message }`: a bus delivers at least once and in any order, so that a consumer goes by the
 * identity.
 */
export const busSink = ({ client, busName, ...options }: BusSinkOptions): Sink =>
  batchSink<BusEntry>(
    {
      service: 'eventbridge',
      name: busName,
      limits: { count: 10, bytes: REQUEST_BYTES_MAX, each: REQUEST_BYTES_MAX },
      entryOf(output, identity) {
        const entry = {
          EventBusName: busName,
          Source: options.producer,
          DetailType: output.stage,
          Detail: JSON.stringify({ identity, message: messageOf(output) }),
        };
        const { Source, DetailType, Detail } = entry;
        return { group: identity, bytes: Buffer.byteLength(Source + DetailType + Detail), entry };
      },
      async send(entries, call) {
        const { Entries: results = [] } = await client.putEvents({ Entries: [...entries] }, call);
        return results.map(({ ErrorCode: code }) =>
          code === undefined ? undefined : { code, isFinal: FINAL.has(code) },
        );
      },
    },
    options,
  );

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html */
const FINAL: ReadonlySet<string> = new Set(['InvalidArgument', 'MalformedDetail']);
