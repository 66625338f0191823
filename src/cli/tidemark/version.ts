import { fromEnvironment } from '../../aws/from-environment.ts';
import { createTables } from '../../dynamodb/tables.ts';
import { RESOURCES_VARIABLE, type Resources } from '../../environment.ts';
import { lambdaHandler } from '../../runtime/lambda/index.ts';
import type { Invoke } from '../../runtime/local/shard-poller.ts';
import { kinesisSource } from '../../sources/kinesis.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import type { Deployed } from './deployed.ts';
import { resourcesOfVersion, tablesOf } from './version-resources.ts';

/** A deployment as its functions would see it in a new version, and such a function. */
export type Version = Deployed & { readonly invoke: Invoke };

/** Makes the tables of a version that are not there yet. */
export async function openVersion(deployed: Deployed, name: string): Promise<Version> {
  const { plan, dynamodb } = deployed;
  const resources = resourcesOfVersion(deployed.resources, name);
  await createTables(dynamodb, tablesOf(plan, resources));
  const { control, state } = resources;
  const store = dynamoStore({ client: dynamodb, tables: { control, state } });
  return { ...deployed, resources, store, invoke: handlerOf(deployed, resources) };
}

function handlerOf({ plan, dynamodb, kinesis }: Deployed, resources: Resources): Invoke {
  const surroundings = fromEnvironment(plan, {
    env: { [RESOURCES_VARIABLE]: JSON.stringify(resources) },
    client: dynamodb,
    sources: {
      kinesis: ({ name }) => kinesisSource({ client: kinesis, streamName: name, now: Date.now }),
    },
  });
  const handler = lambdaHandler(plan, { ...surroundings, metrics: false, logger: false });
  return (event) => handler(event, { getRemainingTimeInMillis: () => INVOCATION_MS });
}

/** No invocation is cut off here; a firing looks up after each slot all the same. */
const INVOCATION_MS = 60_000;
