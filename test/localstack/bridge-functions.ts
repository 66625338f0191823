import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { idempotentProducer, queueBridge, tableBridge } from '../../src/aws.ts';

/** What is deployed: both bridges write to one stream. LocalStack does not speak HTTP/2. */
const producer = idempotentProducer({
  client: new KinesisClient({ requestHandler: new NodeHttpHandler() }),
  streamName: process.env.STREAM ?? '',
  lingerMs: 1,
});

/** A message without `page` has no key. */
export const queue = queueBridge({
  producer,
  keyOf: ({ body }) => (body as { readonly page: string }).page,
});

export const table = tableBridge({ producer });
