import path from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** A whole handler that counts, as one deploys it. */
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

/** The client alone, with as many of its commands as the library sends. */
const DYNAMODB = `
  import * as dynamodb from '@aws-sdk/client-dynamodb';
  export const handler = [
    new dynamodb.DynamoDBClient(), dynamodb.BatchGetItemCommand, dynamodb.BatchWriteItemCommand,
    dynamodb.GetItemCommand, dynamodb.PutItemCommand, dynamodb.QueryCommand, dynamodb.UpdateItemCommand,
  ];`;

const KINESIS = `
  import * as kinesis from '@aws-sdk/client-kinesis';
  export const stream = [
    new kinesis.KinesisClient(), kinesis.GetRecordsCommand, kinesis.GetShardIteratorCommand,
    kinesis.ListShardsCommand, kinesis.DescribeStreamSummaryCommand, kinesis.PutRecordsCommand,
  ];`;

/** What is loaded: nothing of ours, what a handler cannot do without, and a handler. */
export const CONTENTS = {
  dynamodb: DYNAMODB,
  clients: DYNAMODB + KINESIS,
  handler: HANDLER,
} as const;

export type BundleName = keyof typeof CONTENTS;

export const BUNDLE_NAMES = Object.keys(CONTENTS) as BundleName[];

/** A bundle as it is deployed, minified, and what it was made of. */
export interface Bundle {
  readonly text: Uint8Array;
  readonly metafile: Metafile;
}

/** How a bundle is made: as esbuild does by itself, or as the Pipeline construct of tidemark/cdk asks it to. */
export const BUNDLINGS = {
  deployed: { mainFields: ['module', 'main'], keepNames: true },
  plain: {},
} as const satisfies Readonly<Record<string, BuildOptions>>;

export type Bundling = keyof typeof BUNDLINGS;

export const BUNDLING_NAMES = Object.keys(BUNDLINGS) as Bundling[];

export async function bundled(name: BundleName, bundling: Bundling = 'plain'): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: CONTENTS[name], resolveDir: ROOT, loader: 'ts' },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    ...BUNDLINGS[bundling],
    // esbuild's own, and where the library's sources are.
    conditions: ['module', 'tidemark-source'],
    logLevel: 'error',
  });
  return { text: outputFiles[0]?.contents ?? new Uint8Array(), metafile };
}

/** The library's own bytes in a bundle, by folder of `src`, from the most on. */
export function ownBytes({
  metafile,
}: Pick<Bundle, 'metafile'>): [folder: string, bytes: number][] {
  const folders = new Map<string, number>();
  const [output] = Object.values(metafile.outputs);
  for (const [file, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    if (!file.startsWith('src/')) continue;
    const folder = path.dirname(file.slice('src/'.length));
    const name = folder === '.' ? 'single files' : folder;
    folders.set(name, (folders.get(name) ?? 0) + bytesInOutput);
  }
  return [...folders].sort(([, a], [, b]) => b - a);
}
