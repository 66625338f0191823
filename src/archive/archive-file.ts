import { gunzipSync, gzipSync } from 'node:zlib';
import { FormatError } from '../errors.ts';

/** A record of a stream, as an archive keeps it. */
export interface ArchivedRecord {
  /** Its place in its shard. */
  readonly position: string;
  readonly partitionKey: string;
  /** When the stream took it, ms. */
  readonly arrivalTime: number;
  readonly data: Uint8Array;
}

/** What the name of a file of an archive says. */
export interface ArchiveName {
  /** `<stream>@<creation time>/<shard>`, as the lane that reads the shard. */
  readonly lane: string;
  readonly first: string;
  readonly last: string;
}

/**
 * Names a file after what is in it, by the hour in which its first record arrived: the same records have
 * the same name whoever writes them, and a batch that comes again in other parts hides nothing.
 */
export function archiveName(lane: string, records: readonly ArchivedRecord[]): string {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('there is nothing to name');
  const hour = new Date(first.arrivalTime).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/');
  const slash = lane.lastIndexOf('/');
  const [stream, shard] = [lane.slice(0, slash), lane.slice(slash + 1)];
  return `${stream}/${hour}/${shard}/${first.position}-${last.position}.jsonl.gz`;
}

const NAME =
  /([^/\\]+@\d+)[/\\]\d{4}[/\\]\d\d[/\\]\d\d[/\\]\d\d[/\\]([^/\\]+)[/\\](\d+)-(\d+)\.jsonl\.gz$/;

/** The inverse, whatever folders come before; `undefined` for what is no file of an archive. */
export function parseArchiveName(path: string): ArchiveName | undefined {
  const [, stream, shard, first = '', last = ''] = NAME.exec(path) ?? [];
  return stream === undefined ? undefined : { lane: `${stream}/${shard}`, first, last };
}

/** Records as JSON lines, packed: data that is UTF-8 is told as text, other data as Base64. */
export function archiveBody(records: readonly ArchivedRecord[]): Uint8Array {
  return gzipSync(records.map((record) => `${JSON.stringify(lineOf(record))}\n`).join(''));
}

/** The records of a file, in their order. @throws FormatError if the bytes are no file of an archive */
export function readArchiveBody(bytes: Uint8Array): ArchivedRecord[] {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: BODY_MAX }).toString('utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [recordOf(JSON.parse(line))]));
  } catch (cause) {
    const hint = 'Fetch the file again, or leave it out if it is none of the archive.';
    throw new FormatError('the file is no part of an archive', { hint, cause });
  }
}

/** An invocation brings 6 MB at most, which grow where JSON escapes them. */
const BODY_MAX = 64 * 1024 * 1024;

function lineOf({ data, ...record }: ArchivedRecord) {
  try {
    return {
      ...record,
      data: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data),
    };
  } catch {
    return { ...record, base64: Buffer.from(data).toString('base64') };
  }
}

function recordOf(line: ReturnType<typeof lineOf>): ArchivedRecord {
  const { position, partitionKey, arrivalTime } = line;
  if (!/^\d+$/.test(position) || !Number.isSafeInteger(arrivalTime))
    throw new RangeError('no record');
  const data = 'data' in line ? Buffer.from(line.data) : Buffer.from(line.base64, 'base64');
  return { position, partitionKey, arrivalTime, data };
}
