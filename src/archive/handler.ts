import { KinesisClient } from '@aws-sdk/client-kinesis';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ARCHIVE_VARIABLE, parseArchive } from '../environment.ts';
import { ConfigurationError } from '../errors.ts';
import { parseEvent, type ShardBatch } from '../runtime/lambda/events.ts';
import { type KinesisSource, kinesisSource } from '../sources/kinesis.ts';
import { type ArchivedRecord, archiveBody, archiveName } from './archive-file.ts';

/** Where files of an archive go. Durable on return; the same name twice has the same content. */
export type PutFile = (name: string, body: Uint8Array) => Promise<void>;

/** What is copied, and where to. */
export interface ArchiveOptions {
  readonly put: PutFile;
  /** Names the lanes of the stream. */
  readonly source: Pick<KinesisSource, 'streamName' | 'laneOf'>;
}

/**
 * A Lambda function that writes each batch of a Kinesis event source mapping into an archive, one file a
 * shard, with the positions that the records have in the stream. It fails, and comes again, unless all
 * of it is written.
 *
 * @throws ConfigurationError EVENT_UNKNOWN, SOURCE_MISSING by the handler
 */
export function archiveHandler(options: ArchiveOptions): (event: unknown) => Promise<void> {
  return async (event) => {
    const work = parseEvent(event);
    if (work.kind !== 'gather') throw unknown('it is no batch of a Kinesis stream');
    const keys = partitionKeys(event);
    for (const batch of work.batches) await archive(options, batch, keys);
  };
}

/** The handler of a function that the StreamArchive construct deploys. @throws ConfigurationError ENVIRONMENT_INVALID */
export function archiveFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): (event: unknown) => Promise<void> {
  const { stream, bucket, prefix } = parseArchive(env);
  const source = kinesisSource({ client: new KinesisClient(), streamName: stream, now: Date.now });
  return archiveHandler({ source, put: s3Bucket({ client: new S3Client(), bucket, prefix }) });
}

/** A bucket of S3, below a prefix. */
export const s3Bucket =
  ({
    client,
    bucket,
    prefix = '',
  }: {
    readonly client: S3Client;
    readonly bucket: string;
    readonly prefix?: string;
  }): PutFile =>
  async (name, Body) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${name}`, Body }));
  };

async function archive(
  { source, put }: ArchiveOptions,
  { streamName, shardId, records }: ShardBatch,
  keys: ReadonlyMap<string, string>,
): Promise<void> {
  if (streamName !== source.streamName) {
    const hint = `Map it to a function that archives ${streamName}.`;
    throw new ConfigurationError('SOURCE_MISSING', `a batch came from stream ${streamName}`, hint);
  }
  const kept = records.map((record): ArchivedRecord => {
    return { ...record, partitionKey: keys.get(`${shardId}:${record.position}`) ?? '' };
  });
  await put(archiveName(await source.laneOf(shardId), kept), archiveBody(kept));
}

/** By shard and position. */
function partitionKeys(event: unknown): Map<string, string> {
  const { Records } = event as {
    readonly Records: readonly { eventID: string; kinesis: { partitionKey?: string } }[];
  };
  return new Map(Records.map(({ eventID, kinesis }) => [eventID, kinesis.partitionKey ?? '']));
}

const unknown = (what: string): ConfigurationError =>
  new ConfigurationError(
    'EVENT_UNKNOWN',
    `the function was invoked with what it does not know: ${what}`,
    `Map a Kinesis stream to it; ${ARCHIVE_VARIABLE} says which.`,
  );
