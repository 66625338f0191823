import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { KinesisStreamEvent } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { startKinesisPoller } from '../../../src/runtime/local/kinesis-poller.ts';
import type { KinesisPollerOptions } from '../../../src/runtime/local/kinesis-poller-options.ts';
import type { TestStream } from './servers.ts';

/** What a test's function does with one batch. */
export type Handler = (
  records: string[],
  batch: { event: KinesisStreamEvent; shardId: string },
) => Promise<unknown>;

/** A poller for one test, and the batches that it delivered, as text. */
export function poll(
  stream: TestStream,
  options: Partial<KinesisPollerOptions>,
  handler: Handler = async () => {},
) {
  const batches: string[][] = [];
  const shards: string[] = [];
  const poller = startKinesisPoller({
    client: stream.client,
    streamName: stream.name,
    startingPosition: 'TRIM_HORIZON',
    pollIntervalMs: 10,
    invoke: async (delivered) => {
      const event = delivered as KinesisStreamEvent;
      const records = event.Records.map(({ kinesis }) =>
        Buffer.from(kinesis.data, 'base64').toString(),
      );
      const shardId = event.Records[0]?.eventID.split(':')[0] ?? '';
      batches.push(records);
      shards.push(shardId);
      return handler(records, { event, shardId });
    },
    ...options,
  });
  onTestFinished(() => poller.stop());
  return { poller, batches, shards };
}

/** A client that does something before it sends one kind of command. */
export const intercepted = (
  client: KinesisClient,
  command: string,
  before: () => Promise<void>,
): KinesisClient =>
  ({
    send: async (sent: { constructor: { name: string } }) => {
      if (sent.constructor.name === command) await before();
      return client.send(sent as never);
    },
  }) as unknown as KinesisClient;

/** Rejects with an error of this name, if there is one. */
export async function fail(name: string | undefined): Promise<void> {
  if (name) throw Object.assign(new Error(name), { name });
}

/** The answer of a function that did not do these records. */
export const failed = (...identifiers: (string | undefined)[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

/** Numbers as text, from the first to before the last. */
export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

/** A promise, and what resolves it. */
export function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
