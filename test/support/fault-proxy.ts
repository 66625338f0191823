import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server in front of a DynamoDB or Kinesis API that makes calls go wrong. */
export interface FaultProxy {
  readonly endpoint: string;
  /** The operations that arrived, such as "UpdateItem", in order. */
  readonly calls: string[];
  /** The next calls of `operation` go wrong, one for each fault; then all is well again. */
  inject(operation: string, ...faults: Fault[]): void;
  /** Resolves when nothing that was put off is still to be done. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export type Fault =
  /** Answers an error and does nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string }
  /** Does what is asked, then cuts the connection instead of answering. */
  | { readonly kind: 'lose reply' }
  /** Cuts the connection, and does nothing. */
  | { readonly kind: 'lose request' }
  /** Cuts the connection, and does what is asked later, when it was perhaps asked for again. */
  | { readonly kind: 'put off'; readonly ms: number }
  /** Does what is asked, after a while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never answers, and does nothing. */
  | { readonly kind: 'hang' }
  /** Does what is asked, and does not say what it cost. */
  | { readonly kind: 'hide cost' }
  /** Leaves the last `count` puts of a BatchWriteItem unprocessed, or keys of a BatchGetItem. */
  | { readonly kind: 'leave'; readonly count: number }
  /** Takes all records of a PutRecords but these, by their places in it. */
  | { readonly kind: 'refuse records'; readonly which: (place: number) => boolean };

/** What goes wrong with a call of which nobody has said what does. */
export type Draw = (operation: string) => Fault | undefined;

export const throttle = (type = 'ProvisionedThroughputExceededException'): Fault => ({
  kind: 'answer',
  status: 400,
  type,
});

export async function startFaultProxy(
  target: string,
  draw: Draw = () => undefined,
): Promise<FaultProxy> {
  const calls: string[] = [];
  const faults = new Map<string, Fault[]>();
  const open = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    calls.push(operation);
    const fault = faults.get(operation)?.shift() ?? draw(operation);
    const answered = answer({ target, request, response }, fault)
      .catch(() => void response.destroy())
      .finally(() => open.delete(answered));
    open.add(answered);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    inject(operation, ...more) {
      faults.set(operation, [...(faults.get(operation) ?? []), ...more]);
    },
    settled: async () => void (await Promise.all(open)),
    async stop() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

interface Exchange {
  readonly target: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(exchange: Exchange, fault: Fault | undefined): Promise<void> {
  const { request, response } = exchange;
  const body = await buffer(request);
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'answer') {
    const error = { __type: `com.amazonaws#${fault.type}` };
    return send(response, { status: fault.status, type: JSON_TYPE, body: bytesOf(error) });
  }
  if (fault?.kind === 'refuse records') {
    return send(response, { ...NOTHING, body: await putSome(exchange, body, fault.which) });
  }
  if (fault?.kind === 'lose request' || fault?.kind === 'put off') response.destroy();
  if (fault?.kind === 'lose request') return;
  if (fault?.kind === 'put off' || fault?.kind === 'delay') await sleep(fault.ms);
  const { rest, left } = fault?.kind === 'leave' ? withhold(body, fault.count) : { rest: body };
  const reply = rest === undefined ? NOTHING : await forward(exchange, rest);
  if (fault?.kind === 'lose reply') return void response.destroy();
  if (fault?.kind !== 'hide cost' && left === undefined) return send(response, reply);
  const { ConsumedCapacity, ...json } = JSON.parse(String(reply.body));
  const cost = fault?.kind === 'hide cost' ? {} : { ConsumedCapacity };
  send(response, { ...reply, body: bytesOf({ ...json, ...cost, ...left }) });
}

const JSON_TYPE = 'application/x-amz-json-1.0';

const bytesOf = (json: object): Buffer => Buffer.from(JSON.stringify(json));

/** The answer of a PutRecords of which only some records were taken. */
async function putSome(
  exchange: Exchange,
  body: Buffer,
  isRefused: (place: number) => boolean,
): Promise<Buffer> {
  const asked = JSON.parse(String(body)) as { readonly Records: readonly unknown[] };
  const Records = asked.Records.filter((_, place) => !isRefused(place));
  if (Records.length > 0) await forward(exchange, bytesOf({ ...asked, Records }));
  const ErrorCode = 'ProvisionedThroughputExceededException';
  return bytesOf({
    FailedRecordCount: asked.Records.length - Records.length,
    Records: asked.Records.map((_, place) =>
      isRefused(place) ? { ErrorCode } : { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
    ),
  });
}

interface Reads {
  readonly Keys: readonly unknown[];
}

interface Batch {
  /** Of one table: what to write, or what to read. */
  readonly RequestItems: Readonly<Record<string, readonly unknown[] | Reads>>;
}

/** Splits a batch of one table into what is done and what is left. */
function withhold(body: Buffer, count: number): { rest: Buffer | undefined; left: object } {
  const batch = JSON.parse(String(body)) as Batch;
  const [table = '', asked = []] = Object.entries(batch.RequestItems)[0] ?? [];
  const isRead = 'Keys' in asked;
  const all = isRead ? asked.Keys : asked;
  const done = all.slice(0, Math.max(0, all.length - count));
  const part = (some: readonly unknown[]) => ({
    [table]: isRead ? { ...asked, Keys: some } : some,
  });
  const left = part(all.slice(done.length));
  return {
    rest: done.length === 0 ? undefined : bytesOf({ ...batch, RequestItems: part(done) }),
    left: isRead ? { UnprocessedKeys: left } : { UnprocessedItems: left },
  };
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

const NOTHING: Reply = { status: 200, type: JSON_TYPE, body: Buffer.from('{}') };

async function forward({ target, request }: Exchange, body: Buffer): Promise<Reply> {
  const names = ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'];
  const headers = names.map((name) => [name, String(request.headers[name])]);
  const reply = await fetch(target, {
    method: 'POST',
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: new Uint8Array(body),
  });
  const type = reply.headers.get('content-type') ?? JSON_TYPE;
  return { status: reply.status, type, body: Buffer.from(await reply.arrayBuffer()) };
}

function send(response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}
