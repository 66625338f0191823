import { ApiGatewayManagementApi } from '@aws-sdk/client-apigatewaymanagementapi';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateStreamCommand, KinesisClient, waitUntilStreamExists } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { dynamoClient } from '../../dynamodb/client.ts';
import { createTables, type TableNames } from '../../dynamodb/tables.ts';
import { ConfigurationError } from '../../errors.ts';
import { startEmbedded } from '../../runtime/local/embedded.ts';
import type { StartOptions } from './options.ts';

/** Which servers are talked to, and how; plain data, so that it can cross into another process. */
export interface Connection {
  readonly kinesisEndpoint: string;
  readonly dynamodbEndpoint: string;
  readonly region: string;
  /** `undefined`: what the AWS environment says. */
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
}

/** What `npm start` has set up for itself. */
export interface Deployment {
  readonly connection: Connection;
  /** At least one server ends with this run. */
  readonly isEmbedded: boolean;
  readonly streamName: string;
  readonly tables: TableNames & { readonly pageClicks: string };
  stop(): Promise<void>;
}

const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const STREAM_WAIT_SECONDS = 60;

/** Clients for a connection. The embedded Kinesis speaks HTTP/1.1 only, which all others speak too. */
export function clients(connection: Connection): {
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
} {
  const { region, credentials } = connection;
  const common = { region, ...(credentials && { credentials }) };
  return {
    kinesis: new KinesisClient({
      ...common,
      endpoint: connection.kinesisEndpoint,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 1_000,
        requestTimeout: 10_000,
        // Without this the SDK only logs that the time is over, and goes on waiting.
        throwOnRequestTimeout: true,
      }),
    }),
    dynamodb: dynamoClient({ ...common, endpoint: connection.dynamodbEndpoint }),
  };
}

/** A client for whoever posts to the connections of a WebSocket API. */
export const pushClient = (
  { region, credentials }: Connection,
  endpoint: string,
): ApiGatewayManagementApi =>
  new ApiGatewayManagementApi({ region, endpoint, ...(credentials && { credentials }) });

/**
 * Servers, a stream and tables of their own for this run: embedded servers where no endpoint is
 * given, else fresh names on what is there.
 *
 * @throws ConfigurationError EMBEDDED_FAILED, ENDPOINT_UNREACHABLE
 */
export async function deploy(
  { endpoints, shards }: StartOptions,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
): Promise<Deployment> {
  const isEmbedded = endpoints.kinesis === undefined || endpoints.dynamodb === undefined;
  const embedded = isEmbedded ? await startEmbedded() : undefined;
  const name = isEmbedded ? 'clickstream' : `clickstream-${now().toString(36)}`;
  const connection: Connection = {
    kinesisEndpoint: endpoints.kinesis ?? embedded?.kinesisEndpoint ?? '',
    dynamodbEndpoint: endpoints.dynamodb ?? embedded?.dynamodbEndpoint ?? '',
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    credentials: env.AWS_ACCESS_KEY_ID || env.AWS_PROFILE ? undefined : LOCAL_CREDENTIALS,
  };
  const pageClicks = isEmbedded ? 'page-clicks' : `${name}-page-clicks`;
  const tables = {
    control: `${name}-control`,
    state: `${name}-state`,
    deadLetters: `${name}-dead-letters`,
    results: [{ name: pageClicks, shape: 'windows' as const }],
    pageClicks,
  };
  const stop = async () => embedded?.stop();
  try {
    await create(connection, name, shards, tables);
  } catch (error) {
    await stop();
    throw error;
  }
  return { connection, isEmbedded, streamName: name, tables, stop };
}

/** The name is this run's own: if the stream is there already, the reply to its creation was lost. */
async function createStream(kinesis: KinesisClient, name: string, shards: number): Promise<void> {
  try {
    await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error;
  }
}

async function create(
  connection: Connection,
  streamName: string,
  shards: number,
  tables: TableNames,
): Promise<void> {
  const { kinesis, dynamodb } = clients(connection);
  try {
    await createStream(kinesis, streamName, shards);
    const waiter = { client: kinesis, maxWaitTime: STREAM_WAIT_SECONDS, minDelay: 1, maxDelay: 2 };
    await Promise.all([
      waitUntilStreamExists(waiter, { StreamName: streamName }),
      createTables(dynamodb, tables),
    ]);
  } catch (cause) {
    const { kinesisEndpoint, dynamodbEndpoint } = connection;
    const where = [...new Set([kinesisEndpoint, dynamodbEndpoint])].join(' and ');
    const why = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new ConfigurationError(
      'ENDPOINT_UNREACHABLE',
      `the stream and tables could not be made at ${where}: ${why}`,
      'See that the endpoint speaks the Kinesis and DynamoDB APIs, or leave it out to use the embedded servers.',
    );
  } finally {
    kinesis.destroy();
    dynamodb.destroy();
  }
}
