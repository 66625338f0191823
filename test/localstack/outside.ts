import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { archiveOf, recordsOf } from '../../src/archive/archive.ts';
import { archiveHandler, s3Bucket } from '../../src/archive/handler.ts';
import type { UpReport } from '../../src/cli/localstack/report.ts';
import { startKinesisPoller } from '../../src/runtime/local/kinesis-poller.ts';
import { kinesisSource } from '../../src/sources/kinesis.ts';
import { until } from '../end-to-end/until.ts';

/** The shards of a stream, with what is in them. */
export type Shards = readonly {
  readonly shardId: string;
  readonly parent: string | undefined;
  readonly records: readonly string[];
}[];

const settings = ({ place }: UpReport) => ({
  endpoint: place.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** Reads the whole stream of the deployment. */
export async function readShards(report: UpReport): Promise<Shards> {
  // LocalStack does not speak HTTP/2, which the client would choose.
  const client = new KinesisClient({
    ...settings(report),
    requestHandler: new NodeHttpHandler(),
  });
  const StreamName = report.stack.stream;
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const shards = Shards.map(async ({ ShardId, ParentShardId }) => {
    const records: string[] = [];
    const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
    let { ShardIterator } = await client.send(new GetShardIteratorCommand(from));
    while (ShardIterator) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      const texts = (page.Records ?? []).map(({ Data }) => Buffer.from(Data ?? []).toString());
      records.push(...texts);
      ShardIterator = texts.length === 0 ? undefined : page.NextShardIterator;
    }
    return { shardId: ShardId ?? '', parent: ParentShardId, records };
  });
  return Promise.all(shards);
}

/** By shard, the records that the archive has of it when all of the stream was written to S3 and read back. */
export async function archived(report: UpReport): Promise<Map<string, string[]>> {
  const s3 = new S3Client({ ...settings(report), forcePathStyle: true });
  const client = new KinesisClient({
    ...settings(report),
    requestHandler: new NodeHttpHandler(),
  });
  const { stream: streamName } = report.stack;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const source = kinesisSource({ client, streamName, now: Date.now });
  const put = s3Bucket({ client: s3, bucket: BUCKET, prefix: 'raw/' });
  const invoke = archiveHandler({ source, put });
  const poller = startKinesisPoller({
    client,
    streamName,
    startingPosition: 'TRIM_HORIZON',
    invoke,
  });
  await until(() => poller.idle());
  await poller.stop();
  const records = new Map<string, string[]>();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  const files: string[] = [];
  for (const { Key = '' } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const file = path.join(folder, Key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, (await Body?.transformToByteArray()) ?? new Uint8Array());
    files.push(file);
  }
  for (const [lane, of] of archiveOf(files)) {
    const texts = [...recordsOf(of, '0')].flat().map(({ data }) => Buffer.from(data).toString());
    records.set(lane.slice(lane.lastIndexOf('/') + 1), texts);
  }
  rmSync(folder, { recursive: true });
  return records;
}

const BUCKET = 'tidemark-archive';

const WINDOW_MS = 300_000;
const DAY_MS = 86_400_000;

/** Clicks by window and page: a group-by that knows nothing of lateness. */
export function plainCount(records: readonly string[]): Map<string, number> {
  const events = records.flatMap((text) => clickOf(text) ?? []);
  const times = events.map(({ time }) => time).sort((a, b) => a - b);
  const middle = times[Math.floor(times.length / 2)] ?? 0;
  const counts = new Map<string, number>();
  for (const { time, url } of events) {
    // The one with a clock that is a day ahead is refused.
    if (time > middle + DAY_MS / 2) continue;
    const id = `${Math.floor(time / WINDOW_MS) * WINDOW_MS} ${url}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function clickOf(text: string): { readonly time: number; readonly url: string } | undefined {
  try {
    const { timestamp, action, url } = JSON.parse(text) as Record<string, string>;
    const time = Date.parse(timestamp ?? '');
    return action === 'click' && url && time > 0 ? { time, url } : undefined;
  } catch {
    return undefined;
  }
}

/** What the table of results holds, under the same names. */
export async function resultRows(report: UpReport): Promise<Map<string, number>> {
  const items = await scanned(report, report.stack.tables.pageClicks);
  return new Map(
    items.map(({ windowStart, key, value }) => [`${windowStart?.N} ${key?.S}`, Number(value?.N)]),
  );
}

/** What was set aside, and why. */
export async function deadLetters(
  report: UpReport,
): Promise<{ readonly reason: string; readonly data: string }[]> {
  const items = await scanned(report, report.stack.tables.deadLetters);
  return items.map(({ reason, data }) => ({
    reason: reason?.S ?? '',
    data: Buffer.from(data?.B ?? []).toString(),
  }));
}

async function scanned(report: UpReport, TableName: string) {
  const client = new DynamoDBClient(settings(report));
  const items: NonNullable<ScanCommandOutput['Items']> = [];
  let ExclusiveStartKey: ScanCommandOutput['LastEvaluatedKey'];
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      }),
    );
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}

/** Calls a deployed function, as `aws lambda invoke` does. */
export async function invoke(
  { place }: UpReport,
  functionName: string,
  event: unknown,
): Promise<unknown> {
  const answer = await fetch(`${place.endpoint}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=none',
    },
    body: JSON.stringify(event),
  });
  expectOk(answer);
  return answer.json();
}

function expectOk(answer: Response): void {
  const failure = answer.headers.get('x-amz-function-error');
  if (!answer.ok || failure !== null) throw new Error(`${answer.status}: ${failure}`);
}
