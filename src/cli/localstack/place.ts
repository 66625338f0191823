import { homedir } from 'node:os';
import path from 'node:path';

/** The last release of LocalStack that needs no account. */
export const VERSION = '4.14.0';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** What this repository has for LocalStack. */
export const ASSETS = path.join(ROOT, 'localstack');

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where one LocalStack lives; two on different ports know nothing of each other. */
export interface Place {
  readonly port: number;
  readonly endpoint: string;
  /** What is installed, and stays. */
  readonly home: string;
  /** What belongs to this run, and goes with it. */
  readonly run: string;
}

/** Outside the working tree: `TIDEMARK_LOCALSTACK_HOME`, or the folder of caches of whoever runs it. */
export function placeOf(port: number, env: Environment): Place {
  const caches = env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const home = path.resolve(
    env.TIDEMARK_LOCALSTACK_HOME || path.join(caches, 'tidemark', 'localstack'),
  );
  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    home,
    run: path.join(home, `run-${port}`),
  };
}

export const REGION = 'us-east-1';
/** LocalStack's own. */
export const ACCOUNT = '000000000000';
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** What turns tools of AWS to a LocalStack, and nothing of whoever runs them to it. */
export function awsEnvironment({ endpoint }: Place, env: Environment): Environment {
  const rest = Object.entries(env).filter(([name]) => !/^(AWS|CDK)_/.test(name));
  return {
    ...Object.fromEntries(rest),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
    CDK_DISABLE_VERSION_CHECK: '1',
  };
}
