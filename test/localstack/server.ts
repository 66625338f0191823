import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dockerServer } from '../../src/cli/localstack/docker-server.ts';
import { hostServer } from '../../src/cli/localstack/host-server.ts';
import { CREDENTIALS, type Place, placeOf, REGION } from '../../src/cli/localstack/place.ts';
import { findHostTools, hasDocker } from '../../src/cli/localstack/tools.ts';
import { freePort } from '../support/free-port.ts';

/** What this machine lacks to run a LocalStack; nothing: it can. */
export const missingTools = async (): Promise<readonly string[]> =>
  (await hasDocker(process.env)) ? [] : (await findHostTools(process.env)).missing;

/** A LocalStack with nothing deployed to it. */
export interface PlainLocalStack {
  readonly place: Place;
  /** For any client of the SDK. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: typeof CREDENTIALS;
  };
  stop(): Promise<void>;
}

export async function startLocalStack(): Promise<PlainLocalStack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-services-'));
  const env = { ...process.env, TMPDIR: folder };
  const place = placeOf(await freePort(), env);
  const steps = {
    step: <T>(_: string, work: (tell: () => void) => Promise<T>) => work(() => undefined),
    note: () => undefined,
  };
  const options = { place, env, steps, signal: new AbortController().signal };
  const server = (await hasDocker(env)) ? dockerServer(options) : hostServer(options);
  await server.start();
  return {
    place,
    config: { endpoint: place.endpoint, region: REGION, credentials: CREDENTIALS },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
