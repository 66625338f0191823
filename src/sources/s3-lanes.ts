import { type BackoffOptions, fullJitter } from '../backoff.ts';
import { compareUtf8 } from '../schema/utf8-order.ts';
import { type InputLane, LANE_LINES } from './input-lane.ts';
import { type ObjectGetter, objectLines, type S3Object, s3Call } from './s3-object.ts';
import { s3Name } from './s3-refused.ts';

/** What is needed of a client: `S3` of @aws-sdk/client-s3 has it. */
export interface ObjectReader extends ObjectGetter {
  /** Objects whose names begin alike, some at a time. */
  listObjectsV2(input: {
    Bucket: string;
    Prefix: string;
    ContinuationToken?: string;
  }): Promise<ObjectPage>;
  /** What there is to know of an object besides its bytes. */
  headObject(input: {
    Bucket: string;
    Key: string;
  }): Promise<{ ContentLength?: number | undefined; ETag?: string | undefined }>;
}

interface ObjectPage {
  Contents?:
    | readonly {
        readonly Key?: string | undefined;
        readonly Size?: number | undefined;
        readonly ETag?: string | undefined;
      }[]
    | undefined;
  NextContinuationToken?: string | undefined;
}

/** Where objects are, and by which client they are read. */
export interface S3InputOptions {
  readonly client: ObjectReader;
  readonly bucket: string;
  /** For a stream that breaks while it is read. */
  readonly backoff?: BackoffOptions;
}

/** Which object is a lane. */
export interface S3LaneOptions extends S3InputOptions {
  readonly key: string;
}

/** Which objects are lanes. */
export interface S3LanesOptions extends S3InputOptions {
  /** What their keys begin with, such as `clicks/dt=2026-03-01/`. Default: nothing. */
  readonly prefix?: string;
  /** Which of their keys. Default: all. */
  readonly only?: (key: string) => boolean;
}

/**
 * An object of S3 as a lane of `runBatch`: lines of JSON, plain or gzip. It is read as a stream, and gone on with
 * where that breaks. A run ends, and does not go on, once the object has another content (its ETag).
 *
 * @throws ConfigurationError INPUT_INVALID if there is no such object, ACCESS_DENIED, RESOURCE_ELSEWHERE
 * @throws UnavailableError if S3 does not answer
 */
export async function s3Lane(options: S3LaneOptions): Promise<InputLane> {
  const { client, bucket, key } = options;
  const { ContentLength: bytes = 0, ETag: etag = '' } = await s3Call({ bucket, key }, () =>
    client.headObject({ Bucket: bucket, Key: key }),
  );
  return laneOf({ bucket, key, bytes, etag }, options);
}

/**
 * The objects below a prefix as lanes, each as `s3Lane` makes it, by the UTF-8 bytes of their keys: the order of a
 * run's inputs is the same whenever it is made. None is no error. Empty objects called `folder/`, which consoles
 * make, are left out.
 *
 * @throws ConfigurationError RESOURCE_MISSING if there is no such bucket, ACCESS_DENIED, RESOURCE_ELSEWHERE
 * @throws UnavailableError if S3 does not answer
 */
export async function s3Lanes(options: S3LanesOptions): Promise<InputLane[]> {
  const { only = () => true } = options;
  const objects: S3Object[] = [];
  for await (const object of listed(options)) {
    const isFolder = object.key.endsWith('/') && object.bytes === 0;
    if (!isFolder && only(object.key)) objects.push(object);
  }
  // A listing is in this order already, but for that of a directory bucket.
  objects.sort((a, b) => compareUtf8(a.key, b.key));
  return objects.map((object) => laneOf(object, options));
}

async function* listed({
  client,
  bucket,
  prefix: Prefix = '',
}: S3LanesOptions): AsyncGenerator<S3Object> {
  const input = { Bucket: bucket, Prefix };
  let token: string | undefined;
  do {
    const { Contents = [], NextContinuationToken } = await s3Call({ bucket }, () =>
      client.listObjectsV2(token === undefined ? input : { ...input, ContinuationToken: token }),
    );
    for (const { Key: key = '', Size: bytes = 0, ETag: etag = '' } of Contents) {
      yield { bucket, key, bytes, etag };
    }
    token = NextContinuationToken;
  } while (token !== undefined);
}

function laneOf(object: S3Object, { client, backoff }: S3InputOptions): InputLane {
  const { bytes, etag } = object;
  const reading = { client, backoff: fullJitter(backoff) };
  return Object.freeze({
    name: s3Name(object),
    version: `${bytes} bytes with ETag ${etag}`,
    bytes,
    read: () => objectLines(object, reading, LANE_LINES),
  });
}
