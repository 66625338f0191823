import type { Connections } from './connections.ts';

/** What is read of an event of a WebSocket API (API Gateway, proxy integration). */
export interface ConnectionEvent {
  readonly requestContext: {
    readonly routeKey: string;
    readonly connectionId?: string;
    readonly authorizer?: unknown;
  };
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Who may connect. */
export type Admission =
  | { readonly admit: false }
  /** `user`: to whom the connection belongs, if to anybody. */
  | { readonly admit: true; readonly user?: string };

/** What the handler of a WebSocket API goes by. */
export interface ConnectionHandlerOptions {
  readonly connections: Connections;
  /**
   * Decides who may connect, and as whom: by what an authorizer of the API has found out, or by a token
   * that it checks itself. There is no default: whoever is admitted gets what is pushed to everyone.
   */
  readonly admit: (event: ConnectionEvent) => Admission | Promise<Admission>;
}

/**
 * The function behind `$connect` and `$disconnect` of a WebSocket API, and any other route, whose messages
 * it passes over. Answers 401 to whoever is not admitted.
 */
export const connectionHandler =
  ({ connections, admit }: ConnectionHandlerOptions) =>
  async (event: ConnectionEvent): Promise<{ readonly statusCode: number }> => {
    const { routeKey, connectionId } = event.requestContext;
    if (connectionId === undefined) return { statusCode: 400 };
    if (routeKey === '$disconnect') await connections.remove(connectionId);
    if (routeKey !== '$connect') return { statusCode: 200 };
    const admission = await admit(event);
    if (!admission.admit) return { statusCode: 401 };
    await connections.add(connectionId, admission.user);
    return { statusCode: 200 };
  };
