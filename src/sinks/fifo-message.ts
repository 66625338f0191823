import { digest } from './identity.ts';
import { messageText } from './message.ts';
import type { Output } from './sink.ts';

/**
 * Of a message with its attributes, and of all messages of a request.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MESSAGE_BYTES_MAX = 256 * 1024;

/** The group of an output's key: the key itself, where a FIFO queue takes it as one. */
export const groupOf = ({ key }: Output): string =>
  /^[\x21-\x7e]{1,128}$/.test(key) ? key : digest(key);

/**
 * An output as JSON of characters that a message may have: two of them may not be in one, and would be
 * refused for good.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const bodyOf = (output: Output): string =>
  messageText(output).replace(/[\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);

/** A message attribute that is text. */
export const textAttribute = {
  of: (text: string) => ({ DataType: 'String', StringValue: text }),
  /** What it takes of the size of a message: its name, its type and its value. */
  bytes: (name: string, text: string): number => name.length + 'String'.length + text.length,
};
