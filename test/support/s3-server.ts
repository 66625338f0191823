import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { S3 } from '@aws-sdk/client-s3';

/** A server that speaks as much of S3 as it takes to read objects, and makes answers go wrong. */
export interface S3Server {
  readonly endpoint: string;
  readonly client: S3;
  /** What was asked for, such as `GET /bucket/key bytes=3-`, in order. */
  readonly requests: string[];
  /** How many bytes of objects were handed to connections. */
  readonly sent: () => number;
  /** What goes wrong with the next objects that are read, one fault each; then all is well again. */
  inject(...faults: S3Fault[]): void;
  stop(): Promise<void>;
}

export type S3Fault =
  /** Cuts the connection after so many bytes of the object. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Answers an error, as S3 words it. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** Sends the whole object whatever is asked for. */
  | { readonly kind: 'no range' }
  /** Says that the object has a checksum that it does not have. */
  | { readonly kind: 'wrong checksum' };

export async function startS3(): Promise<S3Server> {
  const state: State = { buckets: new Map(), requests: [], faults: [], sent: 0 };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => void response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    client: new S3({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    }),
    requests: state.requests,
    sent: () => state.sent,
    inject: (...faults) => void state.faults.push(...faults),
    async stop() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

interface State {
  readonly buckets: Map<string, Map<string, Buffer>>;
  readonly requests: string[];
  readonly faults: S3Fault[];
  sent: number;
}

async function answer(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', headers } = request;
  const url = new URL(request.url ?? '', 'http://s3');
  const [, name = '', ...rest] = decodeURIComponent(url.pathname).split('/');
  const key = rest.join('/');
  state.requests.push([method, `/${name}/${key}`, headers.range].filter(Boolean).join(' '));
  const body = await buffer(request);
  if (method === 'PUT' && key === '') {
    state.buckets.set(name, new Map());
    return void response.end();
  }
  const bucket = state.buckets.get(name);
  if (bucket === undefined) return refuse(request, response, 404, 'NoSuchBucket');
  if (key === '') return list(bucket, url.searchParams, response);
  if (method === 'PUT') bucket.set(key, body);
  if (method === 'DELETE') bucket.delete(key);
  if (method === 'PUT' || method === 'DELETE') return void response.end();
  const object = bucket.get(key);
  if (object === undefined) return refuse(request, response, 404, 'NoSuchKey');
  const match = headers['if-match'];
  if (match !== undefined && match !== etagOf(object)) {
    return refuse(request, response, 412, 'PreconditionFailed');
  }
  await send(state, object, request, response);
}

async function send(
  state: State,
  object: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isHead = request.method === 'HEAD';
  const fault = isHead ? undefined : state.faults.shift();
  if (fault?.kind === 'answer') return refuse(request, response, fault.status, fault.code);
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const from = fault?.kind === 'no range' ? 0 : Number(asked ?? 0);
  const isPart = asked !== undefined && fault?.kind !== 'no range';
  response.writeHead(isPart ? 206 : 200, {
    'content-length': object.length - from,
    etag: etagOf(object),
    ...(isPart && { 'content-range': `bytes ${from}-${object.length - 1}/${object.length}` }),
    ...(fault?.kind === 'wrong checksum' && { 'x-amz-checksum-crc32': 'AAAAAA==' }),
  });
  if (isHead) return void response.end();
  response.flushHeaders();
  const end = fault?.kind === 'cut' ? from + fault.after : object.length;
  for (let at = from; at < end; at += PIECE_BYTES) {
    const piece = object.subarray(at, Math.min(end, at + PIECE_BYTES));
    state.sent += piece.length;
    if (!response.write(piece)) await roomIn(response);
    if (response.destroyed) return;
  }
  if (fault?.kind !== 'cut') return void response.end();
  // What was written goes out before the connection is cut.
  response.socket?.end();
}

/** Also when nobody will read any more. */
const roomIn = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

const PIECE_BYTES = 64 * 1024;

const etagOf = (object: Buffer): string => `"${createHash('md5').update(object).digest('hex')}"`;

/** By UTF-8 bytes, in pages of `max-keys`. */
function list(bucket: Map<string, Buffer>, asked: URLSearchParams, response: ServerResponse): void {
  const prefix = asked.get('prefix') ?? '';
  const after = Buffer.from(asked.get('continuation-token') ?? '', 'base64');
  const keys = [...bucket.keys()]
    .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = keys.slice(0, Number(asked.get('max-keys') ?? 1_000));
  const contents = page.map((key) => {
    const object = bucket.get(key) ?? Buffer.alloc(0);
    const etag = etagOf(object).replaceAll('"', '&quot;');
    return `<Contents><Key>${textOf(key)}</Key><Size>${object.length}</Size><ETag>${etag}</ETag></Contents>`;
  });
  const token = Buffer.from(page.at(-1) ?? '').toString('base64');
  const next =
    page.length < keys.length ? `<NextContinuationToken>${token}</NextContinuationToken>` : '';
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(`<ListBucketResult>${contents.join('')}${next}</ListBucketResult>`);
}

const textOf = (key: string): string => key.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** An answer to HEAD has no body. */
function refuse(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    method === 'HEAD' ? undefined : `<Error><Code>${code}</Code><Message>no</Message></Error>`,
  );
}
