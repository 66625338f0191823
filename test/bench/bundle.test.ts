import path from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/**
 * What a handler carries beside the clients of AWS, minified. The methods of streams bring all operators
 * with them, used or not, and what opens a deployment all kinds of sinks that it may have.
 */
const BUDGET_BYTES = 176_000;

const HANDLER = `
  import { fields, MINUTES, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
  import { fromEnvironment } from 'tidemark/aws';
  import { lambdaHandler } from 'tidemark/lambda';
  const plan = pipeline('clicks')
    .stream('clicks', {
      schema: fields({ timestamp: 'string', url: 'string' }),
      timestamp: (e) => e.timestamp,
      outOfOrderness: 30 * SECONDS,
    })
    .keyBy((e) => e.url)
    .window(TumblingWindow.of(5, MINUTES))
    .count()
    .to(table('page-clicks'));
  export const handler = lambdaHandler(plan, fromEnvironment(plan));`;

/** As many of their commands as the library sends. */
const CLIENTS = `
  import * as dynamodb from '@aws-sdk/client-dynamodb';
  import * as kinesis from '@aws-sdk/client-kinesis';
  export const handler = async () => [
    new dynamodb.DynamoDBClient(), dynamodb.BatchGetItemCommand, dynamodb.BatchWriteItemCommand,
    dynamodb.GetItemCommand, dynamodb.PutItemCommand, dynamodb.QueryCommand, dynamodb.UpdateItemCommand,
    new kinesis.KinesisClient(), kinesis.GetRecordsCommand, kinesis.GetShardIteratorCommand,
    kinesis.ListShardsCommand, kinesis.DescribeStreamSummaryCommand, kinesis.PutRecordsCommand,
  ];`;

test('a function that counts carries little beside its clients', async () => {
  const [clients, handler] = [await bundleBytes(CLIENTS), await bundleBytes(HANDLER)];
  expect(clients).toBeGreaterThan(100_000);
  expect(handler - clients).toBeGreaterThan(0);
  expect(handler - clients).toBeLessThan(BUDGET_BYTES);
});

async function bundleBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: path.resolve(import.meta.dirname, '../..'), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    conditions: ['tidemark-source'],
    logLevel: 'error',
  });
  return outputFiles[0]?.contents.length ?? 0;
}
