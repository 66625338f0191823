import { randomUUID } from 'node:crypto';
import { deadLetterTable, dynamoClient, dynamoStore, tableSink } from 'tidemark/aws';
import { createTables } from '../../src/dynamodb/tables.ts';
import { sinksOf } from '../../src/topology/plan.ts';
import { overHandler } from './handler.ts';
import { planOf, type Way } from './way.ts';

/** The handler over tables of a DynamoDB API on this machine. */
export const lambdaOnDynamo: Way = async (task) => {
  const { endpoint } = task;
  if (endpoint === undefined) throw new RangeError('there is no DynamoDB API');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = dynamoClient({ endpoint, region: 'us-east-1', credentials });
  const run = randomUUID();
  const [{ shape } = { shape: 'windows' as const }] = sinksOf(planOf(task)).map((one) => one);
  const results = { name: `results-${run}`, shape };
  const names = { control: `control-${run}`, state: `state-${run}`, deadLetters: `letters-${run}` };
  await createTables(client, { ...names, results: [results] });
  try {
    return await overHandler(task, {
      store: dynamoStore({ client, tables: names }),
      deadLetters: deadLetterTable({ client, tableName: names.deadLetters }),
      sink: tableSink({ client, tableName: results.name }),
    });
  } finally {
    client.destroy();
  }
};
