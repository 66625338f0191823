import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type IngestRequest, ingestHandler } from '../../src/bridges/ingest.ts';
import { idempotentProducer } from '../../src/kinesis/producer.ts';
import { opened } from '../../src/schema/envelope.ts';
import { kinesisClient, type TestStream, useServers } from '../runtime/local/servers.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { streamRecords } from '../support/stream-records.ts';

const servers = useServers();
let stream: TestStream;
let proxy: FaultProxy;
let server: Server;
let url = '';
beforeEach(async () => {
  stream = await servers.stream(1);
  proxy = await startFaultProxy(servers.kinesisEndpoint());
  const client = kinesisClient(proxy.endpoint);
  const backoff = { baseMs: 1, triesMax: 2 };
  const handler = ingestHandler({
    producer: idempotentProducer({ client, streamName: stream.name, lingerMs: 1, backoff }),
    schema: z.object({ page: z.string(), n: z.coerce.number() }),
    authorize: ({ headers }) => headers?.authorization === 'Bearer right',
    keyOf: ({ page }: { readonly page: string }) => page,
    bytesMax: 2_000,
    eventsMax: 3,
  });
  server = await functionUrl(handler);
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await proxy.stop();
});

describe('over HTTP', () => {
  test('an event, and several, are in the stream when they are accepted', async () => {
    expect(await post({ page: '/a', n: '1' })).toEqual([202, { accepted: 1 }]);
    expect(
      await post([
        { page: '/b', n: 2 },
        { page: '/c', n: 3 },
      ]),
    ).toEqual([202, { accepted: 2 }]);
    // As they came, not as the schema has changed them: it reads them again.
    expect(await events()).toEqual([
      ['/a', { page: '/a', n: '1' }],
      ['/b', { page: '/b', n: 2 }],
      ['/c', { page: '/c', n: 3 }],
    ]);
  });

  test.each<[string, number, string, Asked]>([
    ['who may not', 401, 'not allowed', { headers: { authorization: 'Bearer wrong' }, body: '{' }],
    ['another method', 405, 'POST events', { method: 'PUT' }],
    ['another type', 415, 'send application/json', { headers: { 'content-type': 'text/plain' } }],
    [
      'a body that is too large',
      413,
      'at most 2000 bytes',
      { body: JSON.stringify({ page: 'x'.repeat(2_000) }) },
    ],
    ['too many events', 413, 'at most 3 events', { body: JSON.stringify([1, 2, 3, 4]) }],
    ['no JSON', 400, 'not JSON', { body: '{"page":' }],
    ['no UTF-8', 400, 'not JSON', { body: Buffer.from([0x22, 0xff, 0x22]) }],
    [
      'no such event',
      400,
      'event 1: page: ',
      { body: JSON.stringify([{ page: '/', n: 1 }, { n: 1 }]) },
    ],
    ['no key', 400, 'event 0: its key is not', { body: JSON.stringify({ page: '', n: 1 }) }],
  ])('%s is refused, and nothing is put', async (_, status, error, init) => {
    const [answered, body] = await ask({ body: '{"page":"/","n":1}', ...init });
    expect([answered, body]).toEqual([status, { error: expect.stringContaining(error) }]);
    expect(await events()).toEqual([]);
  });

  test.each<[string, number, string]>([
    ['grows too large', 413, `[${Array(60_000).fill('1e20').join()}]`],
    ['lies too deep', 400, `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ])('an event that %s when it is written keeps those before it back', async (_, status, large) => {
    const handler = ingestHandler({
      producer: idempotentProducer({ client: stream.client, streamName: stream.name }),
      schema: z.any(),
      authorize: () => true,
      keyOf: () => 'k',
      bytesMax: 1024 * 1024,
    });
    const answer = await handler({
      requestContext: { http: { method: 'POST' } },
      headers: { 'Content-Type': 'application/json' },
      body: `[1,${large}]`,
    });
    expect(answer.statusCode).toBe(status);
    expect(await events()).toEqual([]);
  });

  test('packed bodies are not unpacked: a small one cannot become a large one', async () => {
    const body = gzipSync(JSON.stringify({ page: ' '.repeat(1e7), n: 1 }));
    const headers = { 'content-encoding': 'gzip' };
    expect((await ask({ body, headers }))[0]).toBe(413);
    const small = gzipSync(JSON.stringify({ page: '/', n: 1 }));
    expect((await ask({ body: small, headers }))[0]).toBe(400);
    expect(await events()).toEqual([]);
  });

  test('another method is told which one there is', async () => {
    const answer = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example' },
    });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('an event that the stream does not take is to be sent again', async () => {
    const refused = { kind: 'refuse records', which: () => true } as const;
    proxy.inject('PutRecords', refused, refused);
    expect(await post({ page: '/a', n: 1 })).toEqual([503, { error: 'try again' }]);
    expect(await post({ page: '/a', n: 1 })).toEqual([202, { accepted: 1 }]);
  });
});

const post = (body: unknown) => ask({ body: JSON.stringify(body) });

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

async function ask(init: Asked) {
  const answer = await fetch(url, {
    method: 'POST',
    ...init,
    headers: {
      authorization: 'Bearer right',
      'content-type': 'application/json; charset=utf-8',
      ...init.headers,
    },
  });
  return [answer.status, (await answer.json()) as unknown] as const;
}

async function events(): Promise<[string, unknown][]> {
  const all = [...(await streamRecords(stream.client, stream.name)).values()].flat();
  return all.map(({ partitionKey, data }) => [
    partitionKey,
    JSON.parse(Buffer.from(opened(data)?.event ?? []).toString()) as unknown,
  ]);
}

/** A function URL on this machine: requests as Lambda tells them, binary bodies as base64. */
async function functionUrl(handler: ReturnType<typeof ingestHandler>): Promise<Server> {
  const made = createServer(async (request, response) => {
    const { method = 'GET', headers } = request;
    const body = await buffer(request);
    const event: IngestRequest = {
      requestContext: { http: { method } },
      headers: headers as Record<string, string>,
      body: body.toString('base64'),
      isBase64Encoded: true,
    };
    const answer = await handler(event);
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
  });
  await once(made.listen(0, '127.0.0.1'), 'listening');
  return made;
}
