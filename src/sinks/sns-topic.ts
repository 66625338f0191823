import { batchSink, type CallOptions, type MessageSinkOptions } from './batch-sink.ts';
import { bodyOf, groupOf, MESSAGE_BYTES_MAX, textAttribute } from './fifo-message.ts';
import type { Sink } from './sink.ts';
import { type BatchFailure, failuresById } from './sqs-queue.ts';

/** What is needed of a client: `SNS` of @aws-sdk/client-sns has it. */
export interface TopicClient {
  /** Publishes up to ten messages, and tells which were not taken. */
  publishBatch(
    input: { TopicArn: string; PublishBatchRequestEntries: TopicEntry[] },
    options?: CallOptions,
  ): Promise<{ Failed?: readonly BatchFailure[] | undefined }>;
}

export interface TopicEntry {
  Id: string;
  Message: string;
  MessageGroupId: string;
  MessageDeduplicationId: string;
  MessageAttributes: Record<string, { DataType: string; StringValue: string }>;
}

/** Which topic results go to, and by which client. */
export interface TopicSinkOptions extends MessageSinkOptions {
  readonly client: TopicClient;
  /** Of a FIFO topic. */
  readonly topicArn: string;
}

/**
 * An SNS FIFO topic. The identity of an output is its deduplication id, by which the topic takes it once
 * within five minutes, and the attribute `identity`. Messages of a key are one group.
 * https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
 */
export const topicSink = ({ client, topicArn, ...options }: TopicSinkOptions): Sink =>
  batchSink<Omit<TopicEntry, 'Id'>>(
    {
      service: 'sns',
      name: topicArn.slice(topicArn.lastIndexOf(':') + 1),
      limits: { count: 10, bytes: MESSAGE_BYTES_MAX, each: MESSAGE_BYTES_MAX },
      entryOf(output, identity) {
        const message = bodyOf(output);
        const group = groupOf(output);
        return {
          group,
          bytes: Buffer.byteLength(message) + textAttribute.bytes('identity', identity),
          entry: {
            Message: message,
            MessageGroupId: group,
            MessageDeduplicationId: identity,
            MessageAttributes: { identity: textAttribute.of(identity) },
          },
        };
      },
      async send(entries, call) {
        const named = entries.map((entry, n) => ({ Id: String(n), ...entry }));
        const input = { TopicArn: topicArn, PublishBatchRequestEntries: named };
        return failuresById(entries.length, (await client.publishBatch(input, call)).Failed);
      },
    },
    options,
  );
