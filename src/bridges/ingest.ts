import { BadRecordError, LimitError, UnavailableError } from '../errors.ts';
import { checkEvent, type IdempotentProducer } from '../kinesis/producer.ts';
import type { Schema } from '../schema/standard-schema.ts';

/** What is read of a request: a Lambda function URL, or an HTTP API with payload format 2.0. */
export interface IngestRequest {
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/** The answer to a request, as API Gateway and function URLs take it. */
export interface IngestResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is let in, and where to. */
export interface IngestOptions<Request extends IngestRequest = IngestRequest> {
  readonly producer: IdempotentProducer;
  /** Any Standard Schema: what it does not let pass is not put. Events go on as they came. */
  readonly schema: Schema;
  /** Decides whether who asks may put events; it is asked before the body is read. There is no default. */
  readonly authorize: (request: Request) => boolean | Promise<boolean>;
  /** The partition key of an event that the schema has let pass. */
  readonly keyOf: (event: never) => string;
  /** Of the body. Default 256 KiB. */
  readonly bytesMax?: number;
  /** Of one request. Default 500. */
  readonly eventsMax?: number;
}

/**
 * A Lambda function that takes events over HTTP: `POST` of a JSON event, or of an array of events, of which all
 * are put or none. Answers 202 with how many were put when all are in the stream; 401 for who may not, 405, 413,
 * 415, and 400 with what is wrong; 503 where the stream takes nothing. Whoever asks again after 503, or after
 * no answer, puts other events: give events an id of their own, and `dedupe`.
 */
export function ingestHandler<Request extends IngestRequest = IngestRequest>(
  options: IngestOptions<Request>,
) {
  return async (request: Request): Promise<IngestResponse> => {
    try {
      return await taken(options, request);
    } catch (error) {
      if (error instanceof Refusal) {
        return answer(error.status, { error: error.message }, error.status === 405 ? ALLOWED : {});
      }
      if (error instanceof LimitError) return answer(413, { error: 'an event is too large' });
      if (!(error instanceof UnavailableError)) throw error;
      return answer(503, { error: 'try again' }, { 'retry-after': '1' });
    }
  };
}

/** What an answer of 405 has to say. */
const ALLOWED = { allow: 'POST' };

/** A request that is answered with a status and one sentence. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function taken<Request extends IngestRequest>(
  options: IngestOptions<Request>,
  request: Request,
): Promise<IngestResponse> {
  const { producer, authorize, keyOf } = options;
  if (request.requestContext.http.method !== 'POST') throw new Refusal(405, 'POST events');
  if (!(await authorize(request))) throw new Refusal(401, 'not allowed');
  const events = eventsIn(options, request);
  const keys: string[] = [];
  for (const [n, event] of events.entries()) {
    const passed = await options.schema['~standard'].validate(event);
    if (passed.issues) throw new Refusal(400, `event ${n}: ${issueText(passed.issues[0])}`);
    const key: unknown = keyOf(passed.value as never);
    if (typeof key !== 'string' || key.length < 1 || key.length > 256) {
      throw new Refusal(400, `event ${n}: its key is not 1 to 256 characters long`);
    }
    keys.push(key);
  }
  // All or none: what cannot be put has to be known before the first is.
  for (const [n, event] of events.entries()) check(event, keys[n] ?? '', n);
  for (const [n, event] of events.entries()) await producer.put(event, { key: keys[n] ?? '' });
  await producer.flush();
  return answer(202, { accepted: events.length });
}

function check(event: unknown, key: string, n: number): void {
  try {
    checkEvent(event, key);
  } catch (error) {
    throw error instanceof BadRecordError ? new Refusal(400, `event ${n}: ${error.fact}`) : error;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function eventsIn(
  { bytesMax = 256 * 1024, eventsMax = 500 }: Pick<IngestOptions, 'bytesMax' | 'eventsMax'>,
  { headers = {}, body = '', isBase64Encoded = false }: IngestRequest,
): unknown[] {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (!/^application\/json\s*(;|$)/i.test(type ?? ''))
    throw new Refusal(415, 'send application/json');
  const bytes = isBase64Encoded ? Math.floor((body.length * 3) / 4) : Buffer.byteLength(body);
  if (bytes > bytesMax) throw new Refusal(413, `a request has at most ${bytesMax} bytes`);
  const json = parsed(isBase64Encoded ? Buffer.from(body, 'base64') : Buffer.from(body));
  const events = Array.isArray(json) ? json : [json];
  if (events.length <= eventsMax) return events;
  throw new Refusal(413, `a request has at most ${eventsMax} events`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    throw new Refusal(400, 'the body is not JSON text in UTF-8');
  }
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function issueText(issue: Issue | undefined): string {
  const path = (issue?.path ?? []).map((part) =>
    String(typeof part === 'object' ? part.key : part),
  );
  const what = issue?.message ?? 'it is not as it should be';
  return path.length > 0 ? `${path.join('.')}: ${what}` : what;
}

const answer = (
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): IngestResponse => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
