/**
 * Stores, sources, sinks and lookups in DynamoDB and Kinesis. Needs the AWS clients.
 *
 * @module tidemark/aws
 */
export {
  type EnvironmentOptions,
  fromEnvironment,
  type Opener,
  type SinkOpener,
  type Surroundings,
  type TriggeredSource,
} from './aws/from-environment.ts';
export {
  type IngestOptions,
  type IngestRequest,
  type IngestResponse,
  ingestHandler,
} from './bridges/ingest.ts';
export {
  type QueueBridgeOptions,
  type QueueEvent,
  type QueueMessage,
  type QueueResponse,
  queueBridge,
} from './bridges/queue-bridge.ts';
export {
  type ItemChange,
  type TableBridgeOptions,
  type TableEvent,
  tableBridge,
} from './bridges/table-bridge.ts';
export { dynamoClient } from './dynamodb/client.ts';
export type { Resource } from './environment.ts';
export {
  type IdempotentProducer,
  idempotentProducer,
  type ProducedEvent,
  type ProducerOptions,
  type ProducerProgress,
} from './kinesis/producer.ts';
export { type DynamoLookupOptions, dynamoLookup } from './lookups/dynamodb.ts';
export type { CallOptions, MessageSinkOptions } from './sinks/batch-sink.ts';
export {
  type Admission,
  type ConnectionEvent,
  type ConnectionHandlerOptions,
  connectionHandler,
} from './sinks/connection-handler.ts';
export {
  type Audience,
  type Connections,
  type ConnectionTableOptions,
  connectionTable,
} from './sinks/connections.ts';
export { type CustomSinkOptions, type IdentifiedMessage, sink } from './sinks/custom.ts';
export { deadLetterTable } from './sinks/dynamodb-dead-letters.ts';
export { tableSink } from './sinks/dynamodb-table.ts';
export { type BusClient, type BusSinkOptions, busSink } from './sinks/eventbridge-bus.ts';
export {
  type DeliveryClient,
  type DeliverySinkOptions,
  deliverySink,
} from './sinks/firehose-delivery.ts';
export { type StreamSinkOptions, streamSink } from './sinks/kinesis-stream.ts';
export { type ObjectClient, type ObjectSinkOptions, objectSink } from './sinks/s3-objects.ts';
export type { Output, OutputIdentity, Sink } from './sinks/sink.ts';
export { type TopicClient, type TopicSinkOptions, topicSink } from './sinks/sns-topic.ts';
export { type QueueClient, type QueueSinkOptions, queueSink } from './sinks/sqs-queue.ts';
export { type WebhookSinkOptions, webhookSink } from './sinks/webhook.ts';
export { type PushClient, type PushSinkOptions, pushSink } from './sinks/websocket-push.ts';
export type { InputLane } from './sources/input-lane.ts';
export { kinesisSource } from './sources/kinesis.ts';
export {
  type ObjectReader,
  type S3InputOptions,
  type S3LaneOptions,
  type S3LanesOptions,
  s3Lane,
  s3Lanes,
} from './sources/s3-lanes.ts';
export type { ObjectGetter } from './sources/s3-object.ts';
export { dynamoStore } from './store/dynamodb.ts';
export { readVersionedTable } from './versions/read-versioned-table.ts';
export {
  type ResultVersion,
  readVersions,
  tableOfVersion,
  versionAt,
} from './versions/versions.ts';
