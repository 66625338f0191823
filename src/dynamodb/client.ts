import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * A client for the stores and sinks. Its timeouts are short, so that a call that hangs is given up
 * and repeated within the invocation instead of outliving it; the SDK repeats what may pass, with
 * jitter, up to eight attempts in all. `options` override any of this.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function dynamoClient(options: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    retryMode: 'standard',
    maxAttempts: 8,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 5_000,
      // The one above ends with the first byte of the reply.
      socketTimeout: 5_000,
      // Without this the SDK only logs that the time is over, and goes on waiting.
      throwOnRequestTimeout: true,
    },
    ...options,
  });
}
