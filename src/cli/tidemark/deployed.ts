import { readFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { dynamoClient } from '../../dynamodb/client.ts';
import { parseResources, RESOURCES_VARIABLE, type Resources } from '../../environment.ts';
import { ConfigurationError } from '../../errors.ts';
import { type KinesisSource, kinesisSource } from '../../sources/kinesis.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import type { Store } from '../../store/store.ts';
import type { Plan } from '../../topology/plan.ts';
import { explained } from './aws-failure.ts';
import { loadPlan } from './load-plan.ts';
import { resourcesOfVersion } from './version-resources.ts';

/** How a command is told which deployment it is about. */
export interface DeployedFlags {
  readonly export: string;
  /** A file with what the functions of the deployment are told; default: the environment variable. */
  readonly resources?: string;
  /** A version of it that a replay has made; left out: the deployment itself. */
  readonly of?: string;
}

/** A pipeline that runs somewhere, as a command reaches it. */
export interface Deployed {
  readonly plan: Plan;
  readonly resources: Resources;
  readonly dynamodb: DynamoDBClient;
  readonly kinesis: KinesisClient;
  readonly store: Store;
  /** The streams of the plan that are Kinesis streams, by their names in the plan. */
  readonly sources: Readonly<Record<string, KinesisSource>>;
}

/**
 * Does something with a pipeline that is deployed. Endpoint, region and credentials are those of the
 * AWS environment, as any tool takes them.
 *
 * @throws ConfigurationError PLAN_MISSING, ENVIRONMENT_INVALID, and what `explained` makes of refusals
 */
export async function deployedPipeline(
  module: string,
  flags: DeployedFlags,
  work: (deployed: Deployed) => Promise<void>,
): Promise<() => Promise<void>> {
  const plan = await loadPlan(module, flags.export);
  const deployed = resourcesOf(flags.resources);
  const resources = flags.of === undefined ? deployed : resourcesOfVersion(deployed, flags.of);
  return () =>
    withClients(async ({ dynamodb, kinesis }) => {
      const { control, state, sources } = resources;
      const store = dynamoStore({ client: dynamodb, tables: { control, state } });
      const opened = Object.entries(sources)
        .filter(([, { kind }]) => kind === 'kinesis')
        .map(([name, { name: streamName }]) => {
          return [name, kinesisSource({ client: kinesis, streamName, now: Date.now })] as const;
        });
      await work({
        plan,
        resources,
        dynamodb,
        kinesis,
        store,
        sources: Object.fromEntries(opened),
      });
    });
}

/** The clients of a command. */
export type Clients = Pick<Deployed, 'dynamodb' | 'kinesis'>;

/** Lends clients for the length of some work, and says of what AWS refuses what to do about it. */
export async function withClients(work: (clients: Clients) => Promise<void>): Promise<void> {
  // The SDK reads AWS_REGION alone; the AWS command line knows the other one too.
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const where = region === undefined ? {} : { region };
  const dynamodb = dynamoClient(where);
  // HTTP/1.1, which every server speaks.
  const kinesis = new KinesisClient({ ...where, requestHandler: dynamodb.config.requestHandler });
  try {
    await work({ dynamodb, kinesis });
  } catch (error) {
    throw explained(error);
  } finally {
    kinesis.destroy();
    dynamodb.destroy();
  }
}

function resourcesOf(file: string | undefined): Resources {
  const env = file === undefined ? process.env : { [RESOURCES_VARIABLE]: textOf(file) };
  try {
    return parseResources(env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const where = `the environment variable ${RESOURCES_VARIABLE}`;
    const fact = file === undefined ? error.fact : error.fact.replace(where, `'${file}'`);
    throw new ConfigurationError(error.code, fact, HINT);
  }
}

const HINT =
  'Set it to what the functions of the deployment have, or name a file with it by --resources; docs/commands.md says how.';

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = 'Name a file with the JSON that the functions have in TIDEMARK_RESOURCES.';
    throw new ConfigurationError('ENVIRONMENT_INVALID', `'${file}' cannot be read: ${why}`, hint);
  }
}
