import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '../errors.ts';
import { type Asset, pageAssets } from './assets.ts';
import { readCommand } from './command.ts';
import { refusalOf, securityHeaders } from './guard.ts';
import type {
  Command,
  CommandAnswer,
  DrawnDashboard,
  PipelineOutline,
  PushedOutline,
  Snapshot,
} from './snapshot.ts';

/** What the page is told, and what its buttons do. */
export interface ConsoleHost {
  /** The plans, in the order in which they are shown. */
  readonly outlines: readonly PipelineOutline[];
  /** What is pushed, if anything is: the page connects there too. */
  readonly pushed?: PushedOutline | undefined;
  /**
   * How things stand, with the points after the ones that were told last (0: none were), and what to ask
   * with the next time.
   */
  snapshot(pipeline: string, since: number): { readonly next: number; readonly snapshot: Snapshot };
  /** The dashboard of a pipeline, drawn; rejects if there is none. */
  dashboard(pipeline: string): Promise<DrawnDashboard>;
  act(command: Command): Promise<CommandAnswer>;
  /** Somebody looks, or nobody does any more. */
  watched?(pages: number): void;
}

export interface ConsoleOptions {
  readonly host: ConsoleHost;
  /** 0: any that is free. */
  readonly port: number;
  /** How often pages are told, ms; default 500. */
  readonly everyMs?: number;
}

/** A console that is served. */
export interface Console {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1, to this machine's browsers alone.
 *
 * @throws ConfigurationError PORT_TAKEN
 */
export async function serveConsole({
  host,
  port,
  everyMs = 500,
}: ConsoleOptions): Promise<Console> {
  const routes = new Routes(host, everyMs, pageAssets());
  const server = createServer((request, response) => {
    void routes.answer(request, response).catch(() => refuse(response, 500, 'it went wrong'));
  });
  const bound = await listen(server, port);
  routes.port = bound;
  return {
    url: `http://127.0.0.1:${bound}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

class Routes {
  readonly #host: ConsoleHost;
  readonly #everyMs: number;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #headers: readonly (readonly [name: string, value: string])[];
  #pages = 0;
  port = 0;

  constructor(host: ConsoleHost, everyMs: number, assets: ReadonlyMap<string, Asset>) {
    this.#host = host;
    this.#everyMs = everyMs;
    this.#assets = assets;
    this.#headers = Object.entries(securityHeaders(host.pushed?.url));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    for (const [name, value] of this.#headers) response.setHeader(name, value);
    const refusal = refusalOf({ method, headers, port: this.port });
    if (refusal !== undefined) return refuse(response, refusal.status, refusal.text);
    const url = new URL(request.url ?? '/', 'http://console');
    if (method === 'POST' && url.pathname === '/command') return this.#command(request, response);
    if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, 'there is only GET');
    const asset = this.#assets.get(url.pathname);
    if (asset !== undefined) return send(response, asset.type, asset.body);
    const pipeline = this.#nameOf(url);
    if (url.pathname === '/outlines') return sendJson(response, this.#host.outlines);
    if (url.pathname === '/pushed') return sendJson(response, this.#host.pushed ?? null);
    if (url.pathname === '/live') return this.#live(pipeline, response);
    if (url.pathname === '/dashboard') return this.#dashboard(pipeline, response);
    return refuse(response, 404, 'there is no such thing');
  }

  /** One that there is: the first, unless the page names another. */
  #nameOf(url: URL): string {
    const names = this.#host.outlines.map(({ name }) => name);
    return names.find((name) => name === url.searchParams.get('pipeline')) ?? names[0] ?? '';
  }

  async #command(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const command = await readCommand(request);
    if (command === undefined) return refuse(response, 400, 'there is no such command');
    sendJson(response, await this.#host.act(command));
  }

  async #dashboard(pipeline: string, response: ServerResponse): Promise<void> {
    try {
      sendJson(response, await this.#host.dashboard(pipeline));
    } catch (error) {
      refuse(response, 503, error instanceof Error ? error.message : String(error));
    }
  }

  /** Server-sent events: a snapshot now and then, until the page goes away. */
  #live(pipeline: string, response: ServerResponse): void {
    let since = 0;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const tell = (): void => {
      // A page that does not keep up gets fewer snapshots, not older ones.
      if (response.writableNeedDrain) return;
      const { next, snapshot } = this.#host.snapshot(pipeline, since);
      since = next;
      response.write(`data: ${JSON.stringify(snapshot)}\n\n`);
    };
    tell();
    const timer = setInterval(tell, this.#everyMs);
    this.#host.watched?.(++this.#pages);
    response.on('close', () => {
      clearInterval(timer);
      this.#host.watched?.(--this.#pages);
    });
  }
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(
      'PORT_TAKEN',
      `the console cannot be served on port ${port}: ${why}`,
      'Give another one, such as --port 0 for any that is free, or leave the page out by --no-console.',
    );
  }
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': type });
  response.end(body);
}

const sendJson = (response: ServerResponse, value: unknown): void =>
  send(response, 'application/json; charset=utf-8', JSON.stringify(value));

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
