import { expect, test } from 'vitest';
import { type QueueEntry, queueSink } from '../../src/sinks/sqs-queue.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const ALLOWED = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

test('a message has only characters that a queue takes, and says what the output says', async () => {
  const sent: QueueEntry[] = [];
  const client = {
    sendMessageBatch: async ({ Entries }: { readonly Entries: QueueEntry[] }) => {
      sent.push(...Entries);
      return {};
    },
  };
  const sink = queueSink({ client, queueUrl: 'https://sqs.local/1/q.fifo', producer: 'tests' });
  const value = '\u0000\u0008\t\ud800 ☃ 😀 \ufffd\ufffe\uffff';
  await sink.write([outputOf('a', { value })]);
  const [{ MessageBody } = { MessageBody: '' }] = sent;
  expect(MessageBody).toMatch(ALLOWED);
  expect(JSON.parse(MessageBody)).toMatchObject({ value });
});
