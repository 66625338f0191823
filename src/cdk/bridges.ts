import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { given } from './given.ts';
import { grantWriteStream } from './permissions.ts';
import type { AnyTable } from './tables.ts';

/** What puts something into a stream, and where. */
export interface BridgeProps {
  /** Its handler is made by queueBridge, tableBridge or ingestHandler of `tidemark/aws`. */
  readonly function: lambda.Function;
  readonly stream: kinesis.IStream;
}

/** Lets a function put events into a stream: for a handler made by ingestHandler. */
export function grantIngest({ function: writer, stream }: BridgeProps): void {
  grantWriteStream(writer, stream);
}

/** Which queue goes into which stream. */
export interface QueueBridgeProps extends BridgeProps {
  readonly queue: sqs.IQueue;
  /** Messages an invocation; at most 10 of a FIFO queue. Default 10. */
  readonly batchSize?: number;
}

/**
 * Invokes a function made by queueBridge with the messages of a queue. What fails again and again goes where
 * the queue's own redrive policy says: give it one.
 */
export function bridgeQueue({ queue, batchSize = 10, ...bridge }: QueueBridgeProps): void {
  grantIngest(bridge);
  bridge.function.addEventSource(
    new SqsEventSource(queue, { batchSize, reportBatchItemFailures: true }),
  );
}

/** Which table goes into which stream. */
export interface TableBridgeProps extends BridgeProps {
  /** With a stream of new and old images. */
  readonly table: AnyTable;
  /** Where changes go that were given up, which happens only when they are older than a day. */
  readonly onFailure?: lambda.IEventSourceDlq;
}

/**
 * Invokes a function made by tableBridge with the changes of a table, from the oldest on, in the order of
 * each item, and without an end of retries: what it cannot put holds back what comes after.
 */
export function bridgeTable({ table, onFailure, ...bridge }: TableBridgeProps): void {
  grantIngest(bridge);
  bridge.function.addEventSource(
    new DynamoEventSource(table as never, {
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize: 1_000,
      maxBatchingWindow: Duration.seconds(1),
      retryAttempts: -1,
      bisectBatchOnError: true,
      // More would put changes of an item out of their order when a batch comes again.
      parallelizationFactor: 1,
      ...given({ onFailure }),
    }),
  );
}
