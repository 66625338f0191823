import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A server in front of a DynamoDB API, or a Kinesis API, that makes chosen calls go wrong. */
export interface FaultProxy {
  readonly endpoint: string;
  /** The operations that arrived, such as "UpdateItem", in order. */
  readonly calls: string[];
  /** The next calls of `operation` go wrong, one for each fault; then all is well again. */
  inject(operation: string, ...faults: Fault[]): void;
  stop(): Promise<void>;
}

export type Fault =
  /** Answers an error and does nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string }
  /** Does what is asked, then cuts the connection instead of answering. */
  | { readonly kind: 'lose reply' }
  /** Never answers, and does nothing. */
  | { readonly kind: 'hang' }
  /** Does what is asked, and does not say what it cost. */
  | { readonly kind: 'hide cost' }
  /** Leaves the last `count` puts of a BatchWriteItem unprocessed, or keys of a BatchGetItem. */
  | { readonly kind: 'leave'; readonly count: number }
  /** Takes all records of a PutRecords but these, by their places in it. */
  | { readonly kind: 'refuse records'; readonly which: (place: number) => boolean };

export const throttle = (type = 'ProvisionedThroughputExceededException'): Fault => ({
  kind: 'answer',
  status: 400,
  type,
});

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const calls: string[] = [];
  const faults = new Map<string, Fault[]>();
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    calls.push(operation);
    const fault = faults.get(operation)?.shift();
    answer(target, fault, request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    inject(operation, ...more) {
      faults.set(operation, [...(faults.get(operation) ?? []), ...more]);
    },
    async stop() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function answer(
  target: string,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request);
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'answer') {
    return send(response, fault.status, { __type: `com.amazonaws#${fault.type}` });
  }
  if (fault?.kind === 'refuse records') {
    return send(response, 200, await putSome(target, request, body, fault.which));
  }
  const { rest, left } = fault?.kind === 'leave' ? withhold(body, fault.count) : { rest: body };
  const reply =
    rest === undefined ? { status: 200, json: {} } : await forward(target, request, rest);
  if (fault?.kind === 'lose reply') return void response.destroy();
  if (fault?.kind === 'hide cost') delete reply.json.ConsumedCapacity;
  send(response, reply.status, { ...reply.json, ...left });
}

/** The answer of a PutRecords of which only some records were taken. */
async function putSome(
  target: string,
  request: IncomingMessage,
  body: string,
  isRefused: (place: number) => boolean,
): Promise<object> {
  const asked = JSON.parse(body) as { readonly Records: readonly unknown[] };
  const Records = asked.Records.filter((_, place) => !isRefused(place));
  if (Records.length > 0) await forward(target, request, JSON.stringify({ ...asked, Records }));
  const ErrorCode = 'ProvisionedThroughputExceededException';
  return {
    FailedRecordCount: asked.Records.length - Records.length,
    Records: asked.Records.map((_, place) =>
      isRefused(place) ? { ErrorCode } : { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
    ),
  };
}

interface Reads {
  readonly Keys: readonly unknown[];
}

interface Batch {
  /** Of one table: what to write, or what to read. */
  readonly RequestItems: Readonly<Record<string, readonly unknown[] | Reads>>;
}

/** Splits a batch of one table into what is done and what is left. */
function withhold(body: string, count: number): { rest: string | undefined; left: object } {
  const batch = JSON.parse(body) as Batch;
  const [table = '', asked = []] = Object.entries(batch.RequestItems)[0] ?? [];
  const isRead = 'Keys' in asked;
  const all = isRead ? asked.Keys : asked;
  const done = all.slice(0, Math.max(0, all.length - count));
  const part = (some: readonly unknown[]) => ({
    [table]: isRead ? { ...asked, Keys: some } : some,
  });
  const left = part(all.slice(done.length));
  return {
    rest: done.length === 0 ? undefined : JSON.stringify({ ...batch, RequestItems: part(done) }),
    left: isRead ? { UnprocessedKeys: left } : { UnprocessedItems: left },
  };
}

async function forward(target: string, request: IncomingMessage, body: string) {
  const names = ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'];
  const headers = names.map((name) => [name, String(request.headers[name])]);
  const reply = await fetch(target, {
    method: 'POST',
    headers: Object.fromEntries(headers) as Record<string, string>,
    body,
  });
  return { status: reply.status, json: (await reply.json()) as Record<string, unknown> };
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(json));
}
