import { type Backoff, fullJitter } from '../backoff.ts';
import { eitherOf } from '../deadline.ts';
import { UnavailableError } from '../errors.ts';
import { checkedConcurrency, eachInParallel } from '../parallel.ts';
import { remoteCall } from '../remote-call.ts';
import type { CallOptions, MessageSinkOptions } from './batch-sink.ts';
import type { Audience, Connections } from './connections.ts';
import { identityOf } from './identity.ts';
import { messageOf } from './message.ts';
import { type Refused, setAside } from './set-aside.ts';
import type { Output, Sink } from './sink.ts';

/** What is needed of a client: `ApiGatewayManagementApi` of @aws-sdk/client-apigatewaymanagementapi has it. */
export interface PushClient {
  /** Throws an error named GoneException for a connection that is no more. */
  postToConnection(
    input: { ConnectionId: string; Data: Uint8Array },
    options?: CallOptions,
  ): Promise<unknown>;
  /** Ends a connection; left out: one that is dropped stays open, and gets nothing more. */
  deleteConnection?(input: { ConnectionId: string }, options?: CallOptions): Promise<unknown>;
}

/** Whom results are pushed to, and by which clients. */
export interface PushSinkOptions extends MessageSinkOptions {
  readonly client: PushClient;
  readonly connections: Connections;
  /** Whom an output is for. Default: everyone. */
  readonly audience?: (output: Output) => Audience;
  /** How many connections are written to at once. Default 16. */
  readonly concurrency?: number;
}

/** Of a message: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const MESSAGE_BYTES_MAX = 128 * 1024;

/**
 * Pushes outputs to whoever is connected now, by WebSockets of API Gateway: each as `{ identity, message }`, those
 * of a connection in their order. What is sent again has the same identity, which a client passes over.
 * Whoever is not connected misses it. A connection that is no more is dropped, and so is one that takes
 * nothing three times in a row, in all tries, while others do: a client that has stopped reading must not
 * stop the pipeline.
 */
export const pushSink = (options: PushSinkOptions): Sink =>
  sinkUntil(options, {
    backoff: fullJitter(options.backoff),
    signal: undefined,
    stuck: new Map(),
  });

const STUCK_MAX = 3;

interface Limits {
  readonly backoff: Backoff;
  readonly signal: AbortSignal | undefined;
  /** By connection, how often in a row it took nothing. */
  readonly stuck: Map<string, number>;
}

function sinkUntil(options: PushSinkOptions, limits: Limits): Sink {
  const { deadLetters, connections } = options;
  const concurrency = checkedConcurrency(options.concurrency ?? 16);
  return {
    async write(outputs) {
      const { frames, refused } = framesOf(options, outputs);
      await setAside('push', deadLetters, refused);
      const byConnection = [...(await addressed(connections, frames))];
      const failed = new Map<string, UnavailableError>();
      let reached = 0;
      await eachInParallel(byConnection, concurrency, async ([connectionId, its]) => {
        const outcome = await pushTo(options, limits, connectionId, its);
        if (outcome instanceof UnavailableError) failed.set(connectionId, outcome);
        else if (outcome === 'reached') reached++;
      });
      if (reached > 0) await dropStuck(options, limits, failed);
      for (const error of failed.values()) throw error;
    },
    until(signal) {
      const bounded = { ...options, connections: connections.until(signal) };
      return sinkUntil(
        deadLetters ? { ...bounded, deadLetters: deadLetters.until(signal) } : bounded,
        { ...limits, signal: eitherOf(limits.signal, signal) },
      );
    },
  };
}

interface Frame {
  readonly data: Uint8Array;
  readonly audience: Audience;
}

function framesOf(
  { producer, audience = () => 'everyone' }: PushSinkOptions,
  outputs: readonly Output[],
): { frames: Frame[]; refused: Refused[] } {
  const frames: Frame[] = [];
  const refused: Refused[] = [];
  for (const output of outputs) {
    const told = { identity: identityOf(producer, output), message: messageOf(output) };
    const data = Buffer.from(JSON.stringify(told));
    if (data.length <= MESSAGE_BYTES_MAX) frames.push({ data, audience: audience(output) });
    else refused.push({ output, why: `it takes ${data.length} bytes of ${MESSAGE_BYTES_MAX}` });
  }
  return { frames, refused };
}

/** By connection, what is for it; each audience is looked up once. */
async function addressed(
  connections: Connections,
  frames: readonly Frame[],
): Promise<Map<string, Frame[]>> {
  const members = new Map<string, Promise<readonly string[]>>();
  const byConnection = new Map<string, Frame[]>();
  for (const frame of frames) {
    const id = JSON.stringify(frame.audience);
    const known = members.get(id) ?? connections.of(frame.audience);
    members.set(id, known);
    for (const connectionId of await known) {
      const its = byConnection.get(connectionId);
      if (its) its.push(frame);
      else byConnection.set(connectionId, [frame]);
    }
  }
  return byConnection;
}

/** What became of the frames of a connection. One that does not take them must not keep others from theirs. */
async function pushTo(
  options: PushSinkOptions,
  limits: Limits,
  connectionId: string,
  frames: readonly Frame[],
): Promise<'reached' | 'gone' | UnavailableError> {
  const { stuck } = limits;
  try {
    for (const { data } of frames) {
      if (await post(options, limits, connectionId, data)) continue;
      stuck.delete(connectionId);
      await options.connections.remove(connectionId);
      return 'gone';
    }
    stuck.delete(connectionId);
    return 'reached';
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    stuck.set(connectionId, (stuck.get(connectionId) ?? 0) + 1);
    return error;
  }
}

/** Gives up connections that took nothing again and again, and forgets that they failed. */
async function dropStuck(
  { client, connections, concurrency = 16 }: PushSinkOptions,
  { signal, stuck }: Limits,
  failed: Map<string, UnavailableError>,
): Promise<void> {
  const hopeless = [...failed.keys()].filter((id) => (stuck.get(id) ?? 0) >= STUCK_MAX);
  await eachInParallel(hopeless, concurrency, async (ConnectionId) => {
    await connections.remove(ConnectionId);
    stuck.delete(ConnectionId);
    failed.delete(ConnectionId);
    // It may be gone by itself, and gets nothing any more in any case.
    await remoteCall({ service: 'push', hint: HINT, signal }, async (call) =>
      client.deleteConnection?.({ ConnectionId }, call),
    ).catch(() => {});
  });
}

/** False if the connection is no more. */
async function post(
  { client }: PushSinkOptions,
  { backoff, signal, stuck }: Limits,
  ConnectionId: string,
  Data: Uint8Array,
): Promise<boolean> {
  // Whoever took nothing the last time is not waited for: there may be many of them.
  const triesMax = stuck.has(ConnectionId) ? 1 : backoff.triesMax;
  for (let retry = 0; ; retry++) {
    try {
      await remoteCall({ service: 'push', hint: HINT, signal }, (call) =>
        client.postToConnection({ ConnectionId, Data }, call),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'GoneException') return false;
      if (!(error instanceof UnavailableError) || retry + 1 >= triesMax) throw error;
      await backoff.pause(retry, signal);
    }
  }
}

const HINT = 'It comes again; if it lasts, look at the throttles of the WebSocket API.';
