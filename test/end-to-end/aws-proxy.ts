import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Embedded } from '../../src/runtime/local/embedded.ts';

/** Changes what is asked of a service on its way; `operation` is such as "BatchWriteItem". */
export type Tamper = (operation: string, body: string) => string;

/** Both APIs under one address, as LocalStack has them. Resolves with the address. */
export async function oneEndpoint(
  embedded: Embedded,
  tamper: Tamper = (_, body) => body,
): Promise<string> {
  return serve((request, response) => {
    forward(embedded, tamper, request, response).catch(() => response.destroy());
  });
}

/** A server that takes every request and answers none. */
export const silentEndpoint = (): Promise<string> => serve(() => {});

/** An address at which nobody listens any more. */
export async function deadEndpoint(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = addressOf(server);
  await once(server.close(), 'close');
  return address;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return addressOf(server);
}

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function forward(
  { kinesisEndpoint, dynamodbEndpoint }: Embedded,
  tamper: Tamper,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [service = '', operation = ''] = String(request.headers['x-amz-target']).split('.');
  const body = tamper(operation, (await buffer(request)).toString());
  const names = ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'];
  const headers = names.map((name) => [name, String(request.headers[name])]);
  const reply = await fetch(service.startsWith('Kinesis') ? kinesisEndpoint : dynamodbEndpoint, {
    method: 'POST',
    headers: Object.fromEntries(headers) as Record<string, string>,
    body,
  });
  response.writeHead(reply.status, {
    'content-type': reply.headers.get('content-type') ?? 'application/x-amz-json-1.1',
  });
  response.end(Buffer.from(await reply.arrayBuffer()));
}
