import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

/** What a client of a WebSocket API has been pushed. */
export interface Pushed {
  readonly identity: string;
  readonly message: unknown;
}

/** Somebody who is connected. */
export interface PushListener {
  /** Everything that came, in its order, copies too. */
  readonly heard: readonly Pushed[];
  readonly socket: WebSocket;
}

/** Connects; rejects with the status if it is not let in. */
export async function listenTo(
  url: string,
  options: { readonly origin?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<PushListener> {
  const socket = new WebSocket(url, options);
  onTestFinished(() => socket.terminate());
  const heard: Pushed[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Pushed));
  await once(socket, 'open');
  return { heard, socket };
}
