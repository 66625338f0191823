import { BadRecordError, LimitError } from '../errors.ts';
import type { IdempotentProducer } from '../kinesis/producer.ts';

/** A message of a queue, as an event of the stream that it is bridged into. */
export interface QueueMessage {
  /** The same however often the queue delivers the message: what `dedupe` goes by. */
  readonly id: string;
  /** When it was sent to the queue, ms. */
  readonly sentAt: number;
  /** Of a FIFO queue. */
  readonly group?: string;
  /** JSON, or else the text as it is. */
  readonly body: unknown;
}

/** Where messages of a queue go, and by which key. */
export interface QueueBridgeOptions {
  readonly producer: IdempotentProducer;
  /** The partition key of a message. Default: its group, or its id where there is none. */
  readonly keyOf?: (message: QueueMessage) => string;
}

/** What is read of an event that SQS invokes a function with. */
export interface QueueEvent {
  readonly Records: readonly {
    readonly messageId: string;
    readonly body: string;
    readonly attributes: {
      readonly SentTimestamp: string;
      readonly MessageGroupId?: string | undefined;
    };
  }[];
}

/** Messages that come again, and go to the queue's dead-letter queue in the end. */
export interface QueueResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * A Lambda function that puts the messages of an SQS queue, standard or FIFO, into a stream, for an event
 * source mapping with ReportBatchItemFailures. Messages are acknowledged when they are in the stream. A
 * queue may deliver one again, also one that is in the stream: it has the same `id`, by which
 * `dedupe({ by: (e) => e.id, within })` of the pipeline keeps the first. Messages of a group keep their order.
 *
 * A message that is too large for a record, or whose key is not 1 to 256 characters long, fails alone, with those of
 * its group after it; where the stream takes nothing, the function throws, and the whole batch comes again.
 */
export function queueBridge({ producer, keyOf = keyOfMessage }: QueueBridgeOptions) {
  return async ({ Records }: QueueEvent): Promise<QueueResponse> => {
    const failed: string[] = [];
    const groups = new Set<string>();
    for (const record of Records) {
      const message = messageOf(record);
      const isBehind = message.group !== undefined && groups.has(message.group);
      if (!isBehind && (await isPut(producer, message, keyOf(message)))) continue;
      failed.push(record.messageId);
      if (message.group !== undefined) groups.add(message.group);
    }
    await producer.flush();
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function isPut(
  producer: IdempotentProducer,
  message: QueueMessage,
  key: string,
): Promise<boolean> {
  try {
    await producer.put(message, { key });
    return true;
  } catch (error) {
    if (error instanceof LimitError || error instanceof BadRecordError) return false;
    throw error;
  }
}

const keyOfMessage = ({ group, id }: QueueMessage): string => group ?? id;

function messageOf({ messageId, body, attributes }: QueueEvent['Records'][number]): QueueMessage {
  const { SentTimestamp, MessageGroupId: group } = attributes;
  return {
    id: messageId,
    sentAt: Number(SentTimestamp),
    ...(group === undefined ? {} : { group }),
    body: parsed(body),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
