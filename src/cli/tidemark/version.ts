import type { Archive } from '../../archive/archive.ts';
import { archivedSource, goneShards } from '../../archive/archived-source.ts';
import { fromEnvironment } from '../../aws/from-environment.ts';
import { createTables } from '../../dynamodb/tables.ts';
import { RESOURCES_VARIABLE, type Resources } from '../../environment.ts';
import { invariant } from '../../invariant.ts';
import { lambdaHandler } from '../../runtime/lambda/index.ts';
import type { Invoke } from '../../runtime/local/shard-poller.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import type { Deployed } from './deployed.ts';
import { resourcesOfVersion, tablesOf } from './version-resources.ts';

/** A deployment as its functions would see it in a new version, and such a function. */
export interface Version extends Deployed {
  readonly archive: Archive;
  /** Of each stream, the shards that only the archive has. */
  readonly goneShards: Readonly<Record<string, readonly string[]>>;
  readonly invoke: Invoke;
}

/** Makes the tables of a version that are not there yet. Its streams have what an archive has of them. */
export async function openVersion(
  deployed: Deployed,
  name: string,
  archive: Archive,
): Promise<Version> {
  const { plan, dynamodb } = deployed;
  const resources = resourcesOfVersion(deployed.resources, name);
  await createTables(dynamodb, tablesOf(plan, resources));
  const { control, state } = resources;
  const store = dynamoStore({ client: dynamodb, tables: { control, state } });
  const sources = Object.fromEntries(
    Object.entries(deployed.sources).map(([stream, source]) => [
      stream,
      archivedSource(source, archive),
    ]),
  );
  const invoke = handlerOf({ ...deployed, sources }, resources);
  const gone = Object.values(deployed.sources).map(async (source) => {
    return [source.streamName, await goneShards(archive, source)] as const;
  });
  const version = { archive, goneShards: Object.fromEntries(await Promise.all(gone)), invoke };
  return { ...deployed, resources, store, sources, ...version };
}

function handlerOf({ plan, dynamodb, sources }: Deployed, resources: Resources): Invoke {
  const opened = new Map(Object.values(sources).map((source) => [source.streamName, source]));
  const surroundings = fromEnvironment(plan, {
    env: { [RESOURCES_VARIABLE]: JSON.stringify(resources) },
    client: dynamodb,
    sources: {
      kinesis({ name }) {
        const source = opened.get(name);
        invariant(source, `the stream ${name} is one of the deployment`);
        return source;
      },
    },
  });
  const handler = lambdaHandler(plan, { ...surroundings, metrics: false, logger: false });
  return (event) => handler(event, { getRemainingTimeInMillis: () => INVOCATION_MS });
}

/** No invocation is cut off here; a firing looks up after each slot all the same. */
const INVOCATION_MS = 60_000;
