import { KinesisClient } from '@aws-sdk/client-kinesis';
import { deadLetterTable, dynamoClient, dynamoStore, kinesisSource, tableSink } from 'tidemark/aws';
import { lambdaHandler } from 'tidemark/lambda';
import { clicksPerPage } from './pipeline.ts';

const client = dynamoClient();

export const handler = lambdaHandler(clicksPerPage(), {
  store: dynamoStore({
    client,
    tables: { control: env('CONTROL_TABLE'), state: env('STATE_TABLE') },
  }),
  sources: {
    clicks: kinesisSource({
      client: new KinesisClient({}),
      streamName: env('CLICKS_STREAM'),
      now: Date.now,
    }),
  },
  sinks: { 'page-clicks': tableSink({ client, tableName: env('PAGE_CLICKS_TABLE') }) },
  deadLetters: deadLetterTable({ client, tableName: env('DEAD_LETTERS_TABLE') }),
  parallelizationFactor: Number(process.env.PARALLELIZATION_FACTOR ?? 1),
});

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the environment variable ${name} is not set`);
  return value;
}
