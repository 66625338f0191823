import { ConfigurationError, type ConfigurationErrorCode } from '../errors.ts';

/** An object, or a bucket with all that is in it. */
export interface S3Place {
  readonly bucket: string;
  /** Left out: the bucket. */
  readonly key?: string;
}

/** As people write it. */
export const s3Name = ({ bucket, key }: S3Place): string => `s3://${bucket}/${key ?? ''}`;

/**
 * What S3 has refused, as an error that says what to do about it; what nobody here knows is returned as it is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function explainedS3(error: unknown, place: S3Place): unknown {
  const { name = '', $metadata } = error as {
    readonly name?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  // An answer to HEAD has no body, and thereby no name.
  const status = $metadata?.httpStatusCode;
  const where = s3Name(place);
  const say = (code: ConfigurationErrorCode, fact: string, hint: string) =>
    new ConfigurationError(code, fact, hint);
  if (name === 'NoSuchBucket') {
    return say('RESOURCE_MISSING', `there is no bucket '${place.bucket}'`, CHECK);
  }
  if (SIGN_IN.has(name)) return say('ACCESS_DENIED', `S3 answered "${name}"`, SIGN_IN_HINT);
  if (name === 'InvalidObjectState') {
    return say('INPUT_INVALID', `'${where}' is archived`, 'Restore it first, or leave it out.');
  }
  if (status === 301 || name === 'AuthorizationHeaderMalformed') {
    return say('RESOURCE_ELSEWHERE', `the bucket '${place.bucket}' is in another region`, REGION);
  }
  if (status === 403) {
    return say('ACCESS_DENIED', `S3 does not let '${where}' be read`, RIGHTS);
  }
  if (status === 404) return say('INPUT_INVALID', `there is no object '${where}'`, CHECK);
  if (status === 412) return changed(where);
  return error;
}

/** What says that an object is no longer what a run has begun with. */
export const changed = (where: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `'${where}' has changed since the run began`,
    'Run over objects that stay as they are, anew: --fresh (start: "fresh").',
  );

const SIGN_IN: ReadonlySet<string> = new Set([
  ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken'],
]);

const SIGN_IN_HINT =
  'Sign in, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the same run then goes on.';
const CHECK = 'Check the bucket and the key, and the account of AWS_PROFILE.';
const REGION = 'Set AWS_REGION to its region, or give the client followRegionRedirects.';
const RIGHTS =
  'Use a role with s3:GetObject for the objects and s3:ListBucket for the bucket, without which a missing object is refused too.';
