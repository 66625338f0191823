import {
  batchSink,
  type CallOptions,
  type Failure,
  type MessageSinkOptions,
} from './batch-sink.ts';
import { bodyOf, groupOf, MESSAGE_BYTES_MAX, textAttribute } from './fifo-message.ts';
import type { Sink } from './sink.ts';

/** What is needed of a client: `SQS` of @aws-sdk/client-sqs has it. */
export interface QueueClient {
  /** Sends up to ten messages, and tells which were not taken. */
  sendMessageBatch(
    input: { QueueUrl: string; Entries: QueueEntry[] },
    options?: CallOptions,
  ): Promise<{ Failed?: readonly BatchFailure[] | undefined }>;
}

export interface QueueEntry {
  Id: string;
  MessageBody: string;
  MessageGroupId: string;
  MessageDeduplicationId: string;
  MessageAttributes: Record<string, { DataType: string; StringValue: string }>;
}

/** A message of a batch that was not taken. */
export interface BatchFailure {
  readonly Id: string | undefined;
  readonly Code: string | undefined;
  readonly SenderFault: boolean | undefined;
}

/** Which queue results go to, and by which client. */
export interface QueueSinkOptions extends MessageSinkOptions {
  readonly client: QueueClient;
  /** Of a FIFO queue. */
  readonly queueUrl: string;
}

/**
 * An SQS FIFO queue. The identity of an output is its deduplication id, by which the queue takes it once
 * within five minutes, and the attribute `identity`, by which a consumer tells a copy that came later:
 * a firing can come again after hours. Messages of a key are one group.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
 */
export const queueSink = ({ client, queueUrl, ...options }: QueueSinkOptions): Sink =>
  batchSink<Omit<QueueEntry, 'Id'>>(
    {
      service: 'sqs',
      name: queueUrl.slice(queueUrl.lastIndexOf('/') + 1),
      limits: { count: 10, bytes: MESSAGE_BYTES_MAX, each: MESSAGE_BYTES_MAX },
      entryOf(output, identity) {
        const body = bodyOf(output);
        const group = groupOf(output);
        return {
          group,
          bytes: Buffer.byteLength(body) + textAttribute.bytes('identity', identity),
          entry: {
            MessageBody: body,
            MessageGroupId: group,
            MessageDeduplicationId: identity,
            MessageAttributes: { identity: textAttribute.of(identity) },
          },
        };
      },
      async send(entries, call) {
        const Entries = entries.map((entry, n) => ({ Id: String(n), ...entry }));
        const { Failed } = await client.sendMessageBatch({ QueueUrl: queueUrl, Entries }, call);
        return failuresById(entries.length, Failed);
      },
    },
    options,
  );

/** What became of each of a batch whose entries are named by their place. */
export function failuresById(
  count: number,
  failed: readonly BatchFailure[] = [],
): (Failure | undefined)[] {
  const byId = new Map(failed.map((one) => [one.Id, one]));
  return Array.from({ length: count }, (_, n) => {
    const failure = byId.get(String(n));
    if (failure === undefined) return undefined;
    const { Code: code = 'nothing', SenderFault: isFault = false } = failure;
    return { code, isFinal: isFault && !/thrott/i.test(code) };
  });
}
