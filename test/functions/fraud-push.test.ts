import { randomUUID } from 'node:crypto';
import {
  CreateStreamCommand,
  PutRecordsCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import fraud from '../../functions/fraud/pipeline.ts';
import { type PushGateway, startPushGateway } from '../../src/cli/start/push-gateway.ts';
import { createTables } from '../../src/dynamodb/tables.ts';
import { RESOURCES_VARIABLE, type Resources } from '../../src/environment.ts';
import { functionProcess } from '../../src/runtime/local/function-process.ts';
import { startLocalRuntime } from '../../src/runtime/local/local-runtime.ts';
import { type Connections, connectionTable } from '../../src/sinks/connections.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import { until } from '../end-to-end/until.ts';
import { type LocalServers, startServers } from '../support/local-pipeline.ts';
import { listenTo } from '../support/push-client.ts';

let servers: LocalServers;
let resources: Resources;
let gateway: PushGateway;
let connections: Connections;
/** The API may fail to tell who has gone. */
let tellsWhoHasGone = true;

beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.stop());
beforeEach(async () => {
  const tableName = `connections-${randomUUID()}`;
  connections = connectionTable({ client: servers.dynamodb, tableName });
  const handler = functionOf('connections', { CONNECTIONS_TABLE: tableName });
  tellsWhoHasGone = true;
  gateway = await startPushGateway({
    origins: () => [],
    onConnection: async (event) =>
      tellsWhoHasGone || event.requestContext.routeKey === '$connect'
        ? ((await handler.invoke(event)) as { statusCode: number })
        : { statusCode: 500 },
  });
  onTestFinished(() => gateway.stop());
  resources = await deployed(tableName, gateway.endpoint);
});

test('an alert is pushed to everyone who is connected, and kept in the table', async () => {
  const [one, two] = [await listenTo(gateway.url), await listenTo(gateway.url)];
  startFunction();
  await put(order('u1', 0, 20), order('u2', 1, 612), order('u1', 2, 30));
  // The last one only moves time on.
  await put(order('u1', 3, 40), order('u3', 60, 1));
  const alerts = [
    { reason: 'unusual amount', user: 'u2', order: 'u2-1', orders: 1, amount: 612 },
    { reason: 'many orders', user: 'u1', order: 'u1-3', orders: 3, amount: 90 },
  ];
  for (const { heard } of [one, two]) {
    await until(() => new Set(heard.map(({ identity }) => identity)).size === 2);
    expect(heard.map(({ message }) => message)).toEqual(
      expect.arrayContaining(alerts.map((alert) => expect.objectContaining(alert))),
    );
  }
  await until(async () => (await kept()).length === 2);
  expect(await kept()).toEqual(expect.arrayContaining(one.heard.map(({ message }) => message)));
});

test('a connection that died is dropped, and the others hear the alert', async () => {
  const [dying, living] = [await listenTo(gateway.url), await listenTo(gateway.url)];
  tellsWhoHasGone = false;
  dying.socket.terminate();
  await until(() => dying.socket.readyState === dying.socket.CLOSED);
  expect(await connections.of('everyone')).toHaveLength(2);
  startFunction();
  await put(order('u1', 0, 700), order('u3', 60, 1));
  await until(() => living.heard.length > 0);
  expect(living.heard[0]?.message).toMatchObject({ user: 'u1', amount: 700 });
  await until(async () => (await connections.of('everyone')).length === 1);
});

async function kept(): Promise<unknown[]> {
  const values: unknown[] = [];
  const table = String(resources.sinks['fraud-alerts']?.name);
  for await (const { value } of readTable(servers.dynamodb, table)) values.push(value);
  return values;
}

/** What a deployment would make. */
async function deployed(connectionsTable: string, endpoint: string): Promise<Resources> {
  const id = randomUUID().slice(0, 8);
  const table = (name: string) => ({ kind: 'table', name: `${id}-${name}` });
  const made: Resources = {
    ...{ control: `${id}-control`, state: `${id}-state`, deadLetters: table('letters') },
    sources: { orders: { kind: 'kinesis', name: `${id}-orders` } },
    sinks: {
      'fraud-alerts': table('alerts'),
      'fraud-push': { kind: 'push', name: connectionsTable, endpoint, producer: id },
    },
    ...{ lateEvents: {}, lookups: {} },
  };
  await createTables(servers.dynamodb, {
    ...{ control: made.control, state: made.state, deadLetters: made.deadLetters.name },
    results: [{ name: `${id}-alerts`, shape: 'events' }],
    connections: [connectionsTable],
  });
  const StreamName = `${id}-orders`;
  await servers.kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const waiter = { client: servers.kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await waitUntilStreamExists(waiter, { StreamName });
  return made;
}

/** The function of the pipeline, and what calls it. */
function startFunction(): void {
  const sandbox = functionOf('handler', { [RESOURCES_VARIABLE]: JSON.stringify(resources) });
  const runtime = startLocalRuntime({
    plan: fraud,
    ...{ kinesis: servers.kinesis, dynamodb: servers.dynamodb },
    streams: { orders: streamName() },
    controlTable: resources.control,
    invoke: sandbox.invoke,
    tickEveryMs: 0,
  });
  onTestFinished(() => runtime.stop());
}

/** A handler of the folder as it is deployed, in a process of its own. */
function functionOf(file: 'handler' | 'connections', env: Readonly<Record<string, string>>) {
  const sandbox = functionProcess({
    module: new URL(`../../functions/fraud/${file}.ts`, import.meta.url),
    env: { ...servers.env, ...env },
  });
  onTestFinished(() => sandbox.stop());
  return sandbox;
}

const streamName = (): string => String(resources.sources.orders?.name);

const HOUR_MS = 3_600_000;
const START = Date.now() - 2 * HOUR_MS;

const order = (user_id: string, minute: number, amount: number) => ({
  timestamp: new Date(START + minute * 60_000).toISOString(),
  ...{ user_id, amount, order_id: `${user_id}-${minute}`, status: 'placed' },
});

async function put(...orders: readonly ReturnType<typeof order>[]): Promise<void> {
  const Records = orders.map((one) => ({
    Data: Buffer.from(JSON.stringify(one)),
    PartitionKey: one.user_id,
  }));
  await servers.kinesis.send(new PutRecordsCommand({ StreamName: streamName(), Records }));
}
