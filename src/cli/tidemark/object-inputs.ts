import { ConfigurationError } from '../../errors.ts';
import type { InputLane } from '../../runtime/batch/index.ts';
import { type ObjectReader, s3Lane, s3Lanes } from '../../sources/s3-lanes.ts';
import { explained } from './aws-failure.ts';
import { isPattern, keyMatcher } from './glob.ts';
import { loaded } from './loaded.ts';

/** True if an input is in S3, not a file. */
export const isObject = (text: string): boolean => text.startsWith(SCHEME);

/**
 * The lanes that `s3://bucket/key` means, whose key may be a pattern as those of files are. Endpoint, region and
 * credentials are those of the AWS environment.
 *
 * @throws ConfigurationError INPUT_INVALID, PEER_MISSING, and what `s3Lanes` and `explained` make of refusals
 */
export async function objectLanes(text: string): Promise<InputLane[]> {
  const [bucket = '', ...rest] = text.slice(SCHEME.length).split('/');
  const key = rest.join('/');
  if (bucket === '' || key === '' || key.endsWith('/')) throw incomplete(text);
  const client = await s3Client();
  try {
    if (!isPattern(key)) return [await s3Lane({ client, bucket, key })];
    const lanes = await s3Lanes({ client, bucket, ...keysOf(key) });
    if (lanes.length > 0) return lanes;
  } catch (error) {
    throw explained(error);
  }
  throw nothing(text);
}

const SCHEME = 's3://';

const keysOf = (pattern: string) => {
  const wanted = keyMatcher(pattern);
  return {
    prefix: pattern.slice(0, pattern.search(/[*?]/)),
    only: (key: string) => wanted.test(key),
  };
};

async function s3Client(): Promise<ObjectReader> {
  const { S3 } = await loaded(import('@aws-sdk/client-s3'), '@aws-sdk/client-s3');
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  // The SDK reads AWS_REGION alone; the AWS command line knows the other one too.
  const region = AWS_REGION ?? AWS_DEFAULT_REGION;
  return new S3({
    ...(region === undefined ? {} : { region }),
    followRegionRedirects: true,
    // A server of one's own seldom has a name for each bucket.
    forcePathStyle: (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) !== undefined,
    retryMode: 'standard',
    maxAttempts: 8,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
      // While a run is at work on what it has read nothing comes: if that takes longer, it asks for the rest.
      socketTimeout: 60_000,
    },
  });
}

const incomplete = (text: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `'${text}' names no object`,
    'Write s3://bucket/key; * and ? in a key stand for any characters, and ** for any folders.',
  );

const nothing = (pattern: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `no object matches '${pattern}'`,
    'Patterns know * and ? in names, and ** for any folders; quote them, and check the prefix.',
  );
