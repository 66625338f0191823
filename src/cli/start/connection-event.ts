import type { IncomingMessage } from 'node:http';
import type { ConnectionEvent } from '../../sinks/connection-handler.ts';

export interface ConnectionEventOptions {
  readonly stage: string;
  /** What asks to connect. */
  readonly request?: IncomingMessage;
}

/** What API Gateway tells the function of a WebSocket API, as far as it has a meaning on this machine. */
export function connectionEvent(
  routeKey: '$connect' | '$disconnect',
  connectionId: string,
  { stage, request }: ConnectionEventOptions,
): ConnectionEvent {
  const at = Date.now();
  const requestContext = {
    ...{ routeKey, connectionId, stage, messageDirection: 'IN' },
    eventType: routeKey === '$connect' ? 'CONNECT' : 'DISCONNECT',
    ...{ connectedAt: at, requestTimeEpoch: at },
    identity: { sourceIp: request?.socket.remoteAddress ?? '127.0.0.1' },
  };
  if (request === undefined) return { requestContext };
  const { searchParams } = new URL(request.url ?? '', 'ws://gateway');
  return {
    requestContext,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    queryStringParameters: Object.fromEntries(searchParams),
  };
}
