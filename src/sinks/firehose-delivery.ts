import { batchSink, type CallOptions, type MessageSinkOptions } from './batch-sink.ts';
import { messageOf } from './message.ts';
import type { Sink } from './sink.ts';

/** What is needed of a client: `Firehose` of @aws-sdk/client-firehose has it. */
export interface DeliveryClient {
  /** Puts up to 500 records, and tells which were not taken. */
  putRecordBatch(
    input: { DeliveryStreamName: string; Records: { Data: Uint8Array }[] },
    options?: CallOptions,
  ): Promise<{
    RequestResponses?: readonly { readonly ErrorCode?: string | undefined }[] | undefined;
  }>;
}

/** Which delivery stream results go to, and by which client. */
export interface DeliverySinkOptions extends MessageSinkOptions {
  readonly client: DeliveryClient;
  readonly streamName: string;
}

/** https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const LIMITS = { count: 500, bytes: 4 * 1024 * 1024, each: 1_000 * 1024 };

/**
 * A Firehose stream. A record is a line of JSON, `{ identity, message }`: what is sent again is delivered
 * again, in any order, so that whoever reads it goes by the identity.
 */
export const deliverySink = ({ client, streamName, ...options }: DeliverySinkOptions): Sink =>
  batchSink<{ Data: Uint8Array }>(
    {
      service: 'firehose',
      name: streamName,
      limits: LIMITS,
      entryOf(output, identity) {
        const line = `${JSON.stringify({ identity, message: messageOf(output) })}\n`;
        const Data = Buffer.from(line);
        return { group: identity, bytes: Data.length, entry: { Data } };
      },
      async send(entries, call) {
        const input = { DeliveryStreamName: streamName, Records: [...entries] };
        const { RequestResponses: results = [] } = await client.putRecordBatch(input, call);
        return results.map(({ ErrorCode: code }) =>
          code === undefined ? undefined : { code, isFinal: false },
        );
      },
    },
    options,
  );
