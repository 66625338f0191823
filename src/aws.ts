export {
  type EnvironmentOptions,
  fromEnvironment,
  type Opener,
  type Surroundings,
  type TriggeredSource,
} from './aws/from-environment.ts';
export { dynamoClient } from './dynamodb/client.ts';
export type { Resource } from './environment.ts';
export { type DynamoLookupOptions, dynamoLookup } from './lookups/dynamodb.ts';
export { deadLetterTable } from './sinks/dynamodb-dead-letters.ts';
export { tableSink } from './sinks/dynamodb-table.ts';
export { kinesisSource } from './sources/kinesis.ts';
export { dynamoStore } from './store/dynamodb.ts';
