import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Connection, pushClient } from '../../../src/cli/start/deployment.ts';
import { type PushGateway, startPushGateway } from '../../../src/cli/start/push-gateway.ts';
import type { ConnectionEvent } from '../../../src/sinks/connection-handler.ts';
import { until } from '../../end-to-end/until.ts';
import { listenTo } from '../../support/push-client.ts';

const PAGE = 'http://127.0.0.1:8642';
const CONNECTION: Connection = {
  ...{ kinesisEndpoint: '', dynamodbEndpoint: '', region: 'us-east-1' },
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

let gateway: PushGateway;
let events: ConnectionEvent[];
let answer: () => Promise<{ readonly statusCode: number }>;

beforeEach(async () => {
  events = [];
  answer = async () => ({ statusCode: 200 });
  gateway = await startPushGateway({
    origins: () => [PAGE],
    onConnection: (event) => {
      events.push(event);
      return answer();
    },
  });
});
afterEach(() => gateway.stop());

describe('who connects', () => {
  test('is told to the function, as API Gateway tells it, and who goes', async () => {
    const { socket } = await listenTo(`${gateway.url}?token=t`, { origin: PAGE });
    const [{ requestContext, headers, queryStringParameters } = missing()] = events;
    expect(requestContext).toMatchObject({
      ...{ routeKey: '$connect', eventType: 'CONNECT', stage: 'live' },
      identity: { sourceIp: '127.0.0.1' },
    });
    expect(headers).toMatchObject({ origin: PAGE, upgrade: 'websocket' });
    expect(queryStringParameters).toEqual({ token: 't' });
    socket.close();
    await until(() => events.length === 2);
    const { connectionId } = requestContext;
    expect(connectionId).toMatch(/^[\w-]{36}$/);
    expect(events[1]?.requestContext).toMatchObject({ routeKey: '$disconnect', connectionId });
  });

  test('may be no browser, which has no origin', async () => {
    await listenTo(gateway.url);
    expect(events).toHaveLength(1);
  });

  test.each<[string, Parameters<typeof listenTo>[1], string]>([
    ['from another site', { origin: 'https://elsewhere.example' }, '403'],
    ['from no site that has a name', { origin: 'null' }, '403'],
    ['by a name that was made to lead here', { headers: { host: 'rebound.example' } }, '421'],
  ])('%s is refused before the function hears of it', async (_, options, status) => {
    await expect(listenTo(gateway.url, options)).rejects.toThrow(status);
    expect(events).toEqual([]);
  });

  test('anywhere else is refused', async () => {
    await expect(listenTo(gateway.url.replace('/live', '/other'))).rejects.toThrow('404');
  });

  test('is refused if the function says so, or fails', async () => {
    answer = async () => ({ statusCode: 401 });
    await expect(listenTo(gateway.url)).rejects.toThrow('401');
    answer = () => Promise.reject(new Error('broken'));
    await expect(listenTo(gateway.url)).rejects.toThrow('502');
  });

  test('after a hundred others is refused, until one of them goes', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => listenTo(gateway.url)));
    await expect(listenTo(gateway.url)).rejects.toThrow('429');
    all[0]?.socket.close();
    await until(() => events.length === 101);
    await listenTo(gateway.url);
  });
});

describe('what is posted', () => {
  const post = (ConnectionId: string, text: string) =>
    pushClient(CONNECTION, gateway.endpoint).postToConnection({
      ConnectionId,
      Data: Buffer.from(text),
    });
  const idOf = (n: number): string => events[n]?.requestContext.connectionId ?? missing();

  test('goes to that connection, and to no other', async () => {
    const [one, two] = [await listenTo(gateway.url), await listenTo(gateway.url)];
    await post(idOf(0), '{"identity":"a","message":1}');
    await post(idOf(1), '{"identity":"b","message":2}');
    await until(() => one.heard.length + two.heard.length === 2);
    expect([one.heard, two.heard]).toEqual([
      [{ identity: 'a', message: 1 }],
      [{ identity: 'b', message: 2 }],
    ]);
  });

  test('to a connection that is no more is a GoneException', async () => {
    const { socket } = await listenTo(gateway.url);
    socket.terminate();
    await until(() => events.length === 2);
    const gone = { name: 'GoneException', $metadata: { httpStatusCode: 410 } };
    await expect(post(idOf(0), '{}')).rejects.toMatchObject(gone);
    await expect(post('never=', '{}')).rejects.toMatchObject(gone);
  });

  test('to somebody who reads no more ends that connection, and fills no memory', async () => {
    const { socket } = await listenTo(gateway.url);
    socket.pause();
    const text = JSON.stringify('x'.repeat(120_000));
    const posting = async () => {
      for (let n = 0; n < 400; n += 1) await post(idOf(0), text);
    };
    await expect(posting()).rejects.toMatchObject({ name: 'GoneException' });
    await until(() => events.length === 2);
  });

  test('is no more than API Gateway takes', async () => {
    await listenTo(gateway.url);
    await expect(post(idOf(0), 'x'.repeat(128 * 1_024 + 1))).rejects.toMatchObject({
      name: 'PayloadTooLargeException',
    });
  });

  test.each<[string, Readonly<Record<string, string>>, number]>([
    ['a page, even its own', { origin: PAGE }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a name that was made to lead here', { host: 'rebound.example' }, 421],
  ])('by %s is refused', async (_, headers, status) => {
    const { heard, socket } = await listenTo(gateway.url);
    expect(await rawPost(idOf(0), headers)).toBe(status);
    const answered = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await answered;
    expect(heard).toEqual([]);
  });
});

/** By node:http, as a client of AWS lets nobody choose a host or an origin. */
function rawPost(id: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(
      `${gateway.endpoint}/@connections/${id}`,
      { method: 'POST', headers },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    asking.on('error', reject);
    asking.end('{}');
  });
}

function missing(): never {
  throw new Error('nobody connected');
}
