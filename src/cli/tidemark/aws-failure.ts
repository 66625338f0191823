import { ConfigurationError, UnavailableError } from '../../errors.ts';

/**
 * What AWS, or the way there, refused, as an error that says what to do about it. Our own errors and
 * those that nobody here knows are returned as they are.
 */
export function explained(error: unknown): unknown {
  const cause = error instanceof UnavailableError && error.cause ? error.cause : error;
  const { name = '', code = '', message = '' } = cause as Partial<NodeJS.ErrnoException>;
  if (UNREACHABLE.has(code)) return unreachable(code, message);
  if (name === 'TimeoutError') return unreachable(name, message);
  if (message === 'Region is missing') {
    return failure(
      'REGION_UNKNOWN',
      'no AWS region is set',
      'Set AWS_REGION, or the region of the AWS_PROFILE.',
    );
  }
  if (CREDENTIALS.has(name)) return failure('ACCESS_DENIED', message, SIGN_IN);
  if (name === 'AccessDeniedException') return failure('ACCESS_DENIED', message, RIGHTS);
  if (name === 'ResourceNotFoundException') return failure('RESOURCE_MISSING', message, ELSEWHERE);
  return error;
}

const failure = (...of: ConstructorParameters<typeof ConfigurationError>): ConfigurationError =>
  new ConfigurationError(...of);

const unreachable = (code: string, message: string): ConfigurationError =>
  failure(
    'ENDPOINT_UNREACHABLE',
    `the endpoint cannot be reached: ${message || code}`,
    'Check AWS_ENDPOINT_URL and AWS_REGION, and that the server runs.',
  );

const UNREACHABLE: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ETIMEDOUT', 'EPIPE'],
]);

const CREDENTIALS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'UnrecognizedClientException',
]);

const SIGN_IN = 'Sign in, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
const RIGHTS = 'Use a role that may: docs/commands.md says what each command asks for.';
const ELSEWHERE =
  'Check AWS_REGION and AWS_ENDPOINT_URL, and that TIDEMARK_RESOURCES is of this deployment.';
