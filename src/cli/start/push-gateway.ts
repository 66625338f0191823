import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isOwnHost } from '../../console/guard.ts';
import type { connectionHandler } from '../../sinks/connection-handler.ts';
import { connectionEvent } from './connection-event.ts';
import { pushAnswers } from './push-answers.ts';

export interface PushGatewayOptions {
  /** The function behind `$connect` and `$disconnect`. */
  readonly onConnection: ReturnType<typeof connectionHandler>;
  /** The origins whose pages may connect. What sends none is no browser. */
  readonly origins: () => readonly string[];
}

/** A WebSocket API, on this machine. */
export interface PushGateway {
  /** Where clients connect. */
  readonly url: string;
  /** Where a push sink posts to, as `endpoint` of a client of ApiGatewayManagementApi. */
  readonly endpoint: string;
  /** Ends all connections, and tells the function of none. */
  stop(): Promise<void>;
}

/** The name of the stage, which both addresses end with. */
const STAGE = 'live';
/** More than a few open pages and programs need. */
const CONNECTIONS_MAX = 100;
/** Of a frame that comes in, as API Gateway has it. */
const FRAME_BYTES_MAX = 32 * 1_024;
/** A client that has so much ahead of it has stopped reading. */
const UNREAD_BYTES_MAX = 4 * 1_024 * 1_024;

/**
 * What API Gateway does for a WebSocket API, on 127.0.0.1: asks the function who may connect, tells it who has
 * gone, sends on what is posted to `/@connections/{id}`, and ends what is deleted there. Who does so has to know
 * the id of a connection.
 */
export async function startPushGateway(options: PushGatewayOptions): Promise<PushGateway> {
  const gateway = new Gateway(options);
  const server = createServer((request, response) => void gateway.answer(request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void gateway.connect(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref(); // Whoever runs it decides how long the process lives.
  const { port } = server.address() as AddressInfo;
  gateway.port = port;
  return {
    url: `ws://127.0.0.1:${port}/${STAGE}`,
    endpoint: `http://127.0.0.1:${port}/${STAGE}`,
    async stop() {
      gateway.stop();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

class Gateway {
  readonly #options: PushGatewayOptions;
  readonly #upgrades = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX });
  readonly #sockets = new Map<string, WebSocket>();
  /** Those that the function is being asked about. */
  #asking = 0;
  #stopped = false;
  port = 0;

  constructor(options: PushGatewayOptions) {
    this.#options = options;
  }

  async connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {}); // Who goes away while it is being let in.
    const connectionId = randomUUID();
    const status = this.#refusalOf(request) ?? (await this.#admission(connectionId, request));
    if (status !== undefined || this.#stopped) return refuse(socket, status ?? 503);
    this.#upgrades.handleUpgrade(request, socket, head, (opened) => {
      this.#opened(connectionId, opened);
    });
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answers = pushAnswers(response);
    const { method, headers } = request;
    if (!isOwnHost(headers.host, this.port)) return answers.misdirected();
    // A function has no origin: whoever has one is a page, which posts to nobody.
    const isBrowser = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
    const [, connectionId] = POSTED.exec(pathOf(request)) ?? [];
    if (isBrowser || connectionId === undefined) return answers.forbidden();
    if (method === 'DELETE') return this.#end(connectionId) ? answers.ended() : answers.gone();
    if (method !== 'POST') return answers.forbidden();
    const data = await bodyOf(request).catch(() => undefined); // Who ends early hears nothing of it.
    if (data === undefined) return answers.tooLarge();
    return this.#send(connectionId, data) ? answers.sent() : answers.gone();
  }

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#sockets.values()) socket.terminate();
  }

  /** A browser always says where a page that connects is from. */
  #refusalOf(request: IncomingMessage): number | undefined {
    const { host, origin } = request.headers;
    if (!isOwnHost(host, this.port)) return 421;
    if (origin !== undefined && !this.#options.origins().includes(origin)) return 403;
    if (pathOf(request) !== `/${STAGE}`) return 404;
    return this.#sockets.size + this.#asking >= CONNECTIONS_MAX ? 429 : undefined;
  }

  /** `undefined`: let in. */
  async #admission(connectionId: string, request: IncomingMessage): Promise<number | undefined> {
    this.#asking += 1;
    try {
      const event = connectionEvent('$connect', connectionId, { stage: STAGE, request });
      const { statusCode } = await this.#options.onConnection(event);
      return statusCode === 200 ? undefined : statusCode;
    } catch {
      return 502;
    } finally {
      this.#asking -= 1;
    }
  }

  #opened(connectionId: string, socket: WebSocket): void {
    this.#sockets.set(connectionId, socket);
    socket.on('error', () => {}); // It closes then, too.
    socket.on('close', () => {
      this.#sockets.delete(connectionId);
      if (this.#stopped) return;
      const event = connectionEvent('$disconnect', connectionId, { stage: STAGE });
      // As in AWS it is told once: whom the function still lists then is found to be gone by a post.
      this.#options.onConnection(event).catch(() => {});
    });
  }

  /** False if the connection is no more, as below. */
  #end(connectionId: string): boolean {
    const socket = this.#sockets.get(connectionId);
    socket?.close();
    return socket !== undefined;
  }

  #send(connectionId: string, data: Buffer): boolean {
    const socket = this.#sockets.get(connectionId);
    if (socket === undefined || socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) {
      socket.terminate();
      return false;
    }
    socket.send(data, { binary: false });
    return true;
  }
}

const POSTED = new RegExp(`^/${STAGE}/@connections/([^/]+)$`);

function pathOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?');
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** Of a message, as API Gateway has it. */
const MESSAGE_BYTES_MAX = 128 * 1_024;

/** `undefined`: it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MESSAGE_BYTES_MAX) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function refuse(socket: Duplex, status: number): void {
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'connection: close'];
  socket.once('finish', () => socket.destroy());
  socket.end([...head, 'content-length: 0', '', ''].join('\r\n'));
}
