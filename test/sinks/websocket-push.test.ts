import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Connection, pushClient } from '../../src/cli/start/deployment.ts';
import { startPushGateway } from '../../src/cli/start/push-gateway.ts';
import { createTables } from '../../src/dynamodb/tables.ts';
import { UnavailableError } from '../../src/errors.ts';
import { connectionHandler } from '../../src/sinks/connection-handler.ts';
import { type Connections, connectionTable } from '../../src/sinks/connections.ts';
import { type PushClient, type PushSinkOptions, pushSink } from '../../src/sinks/websocket-push.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';
import { messageContract } from '../../src/testing/contracts/message-contract.ts';
import { type LocalDynamo, startDynamo } from '../support/dynamodb.ts';

let dynamo: LocalDynamo;
let connections: Connections;
let gateway: Gateway;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  connections = await freshTable();
  gateway = await startGateway(connections);
});
afterEach(() => gateway.stop());

describe('the contract, for a client that goes by identity', () => {
  test.each(messageContract)('$name', async ({ run }) => {
    const client = await connect('anna');
    await run({
      open: (deadLetters) => open({ ...(deadLetters && { deadLetters }) }),
      messages: () => client.messages(),
      tooLarge: 'x'.repeat(128 * 1024),
    });
  });
});

test('everyone gets what is for everyone, a user on all connections what is for the user', async () => {
  const [anna, annaToo, ben, nobody] = [
    await connect('anna'),
    await connect('anna'),
    await connect('ben'),
    await connect(''),
  ];
  const audience: PushSinkOptions['audience'] = ({ value }) =>
    value === 'all' ? 'everyone' : { user: String(value) };
  const outputs = ['all', 'anna', 'ben', 'carl'].map((value) => outputOf(value, { value }));
  await open({ audience }).write(outputs);
  const keysOf = async (client: Client) =>
    (await client.messages()).map((message) => (message as { key: string }).key);
  expect(await keysOf(anna)).toEqual(['all', 'anna']);
  expect(await keysOf(annaToo)).toEqual(['all', 'anna']);
  expect(await keysOf(ben)).toEqual(['all', 'ben']);
  expect(await keysOf(nobody)).toEqual(['all']);
});

test('who disconnects is forgotten', async () => {
  const client = await connect('anna');
  expect(await connections.of({ user: 'anna' })).toHaveLength(1);
  await client.close();
  await expect.poll(() => connections.of({ user: 'anna' })).toEqual([]);
  expect(await connections.of('everyone')).toEqual([]);
});

test('a connection that is no more is dropped, and others get what is theirs', async () => {
  await connections.add('stale', 'anna');
  const client = await connect('anna');
  await open().write([outputOf('a'), outputOf('b')]);
  expect(await client.messages()).toHaveLength(2);
  expect(gateway.posts.filter((id) => id === 'stale')).toHaveLength(1);
  expect(await connections.of('everyone')).toHaveLength(1);
  expect(await connections.of({ user: 'anna' })).toHaveLength(1);
});

test('throttles are waited out, in the order of the messages', async () => {
  const client = await connect('');
  gateway.throttles = 3;
  await open().write([0, 1, 2].map((index) => outputOf('a', { index, value: index })));
  expect(await client.messages()).toMatchObject([{ value: 0 }, { value: 1 }, { value: 2 }]);
  gateway.throttles = 2;
  const impatient = open({ backoff: { baseMs: 1, triesMax: 2 } });
  await expect(impatient.write([outputOf('b')])).rejects.toThrow(UnavailableError);
});

test('of many connections, those that are gone are dropped, and all others get all', async () => {
  const clients = await Promise.all(Array.from({ length: 90 }, (_, n) => connect(`user-${n}`)));
  for (let n = 0; n < 90; n++) await connections.add(`stale-${n}`, `user-${n}`);
  await open().write([outputOf('a'), outputOf('b')]);
  for (const client of clients) expect(await client.messages()).toHaveLength(2);
  expect(await connections.of('everyone')).toHaveLength(90);
  expect(gateway.posts.filter((id) => id.startsWith('stale'))).toHaveLength(90);
});

test('a client that does not read keeps nothing from others, and is dropped in the end', async () => {
  const [stuck, other] = [await connect('anna'), await connect('ben')];
  const [id = ''] = await connections.of({ user: 'anna' });
  gateway.stuck = id;
  const sink = open({ backoff: { baseMs: 1, triesMax: 2 }, concurrency: 1 });
  const [first, second, third] = ['a', 'b', 'c'].map((key) => [outputOf(key)]);
  await expect(sink.write(first ?? [])).rejects.toThrow(UnavailableError);
  await expect(sink.until(new AbortController().signal).write(second ?? [])).rejects.toThrow();
  expect(await connections.of({ user: 'anna' })).toEqual([id]);
  const closed = stuck.closed();
  await sink.write(third ?? []);
  await closed;
  expect(await other.messages()).toMatchObject([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
  expect(await connections.of({ user: 'anna' })).toEqual([]);
  // Two tries, and then one a write.
  expect(gateway.posts.filter((post) => post === id)).toHaveLength(4);
});

test('who is not admitted does not get in', async () => {
  await expect(connect('mallory')).rejects.toThrow('401');
  expect(await connections.of('everyone')).toEqual([]);
});

const open = (options: Partial<PushSinkOptions> = {}) =>
  pushSink({
    client: gateway.client,
    connections,
    producer: 'tests',
    backoff: { baseMs: 1 },
    ...options,
  });

interface Client {
  /** What it has taken, each once: when an answer to a ping says that nothing is under way. */
  messages(): Promise<unknown[]>;
  close(): Promise<void>;
  /** Resolves when the other side has ended it. */
  closed(): Promise<unknown>;
}

async function connect(user: string): Promise<Client> {
  const socket = new WebSocket(`${gateway.url}?token=${user}`);
  const taken = new Map<string, unknown>();
  socket.on('message', (data) => {
    const { identity, message } = JSON.parse(String(data)) as {
      identity: string;
      message: unknown;
    };
    if (!taken.has(identity)) taken.set(identity, message);
  });
  await once(socket, 'open');
  return {
    async messages() {
      const answered = once(socket, 'pong');
      socket.ping();
      await answered;
      return [...taken.values()];
    },
    closed: () => once(socket, 'close'),
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

interface Gateway {
  readonly url: string;
  readonly client: PushClient;
  /** To whom something was posted. */
  readonly posts: string[];
  /** So many posts are throttled next. */
  throttles: number;
  /** Whose buffer is full. */
  stuck: string;
  stop(): Promise<void>;
}

/** The API of this machine, whose posts can be seen, and be throttled as AWS does. */
async function startGateway(to: Connections): Promise<Gateway> {
  const onConnection = connectionHandler({
    connections: to,
    admit({ queryStringParameters }) {
      const user = queryStringParameters?.token;
      if (user === 'mallory') return { admit: false };
      return { admit: true, ...(user && { user }) };
    },
  });
  const { url, endpoint, stop } = await startPushGateway({ onConnection, origins: () => [] });
  const api = pushClient(CONNECTION, endpoint);
  const posts: string[] = [];
  const gateway: Gateway = {
    ...{ url, posts, throttles: 0, stuck: '', stop },
    client: {
      deleteConnection: (input, options) => api.deleteConnection(input, options),
      async postToConnection(input, options) {
        posts.push(input.ConnectionId);
        if (input.ConnectionId === gateway.stuck || gateway.throttles-- > 0)
          throw named('LimitExceededException');
        return api.postToConnection(input, options);
      },
    },
  };
  return gateway;
}

const CONNECTION: Connection = {
  ...{ kinesisEndpoint: '', dynamodbEndpoint: '', region: 'us-east-1' },
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

const named = (name: string): Error => Object.assign(new Error(name), { name });

async function freshTable(): Promise<Connections> {
  const { client, names } = dynamo;
  const tableName = `connections-${randomUUID()}`;
  await createTables(client, { ...names, connections: [tableName] });
  return connectionTable({ client, tableName });
}
