import { createHmac } from 'node:crypto';
import { type Backoff, type BackoffOptions, fullJitter } from '../backoff.ts';
import { eitherOf } from '../deadline.ts';
import { ConfigurationError, UnavailableError } from '../errors.ts';
import { checkedConcurrency, eachInParallel } from '../parallel.ts';
import { remoteCall } from '../remote-call.ts';
import type { MessageSinkOptions } from './batch-sink.ts';
import { identityOf } from './identity.ts';
import { messageText } from './message.ts';
import { setAside } from './set-aside.ts';
import type { Output, Sink } from './sink.ts';

/** Whom results are sent to, and how they are signed. */
export interface WebhookSinkOptions extends MessageSinkOptions {
  /** Whom to POST to: https, or http of this machine. */
  readonly url: string;
  /** Of 24 to 64 bytes, in base64 after `whsec_`: receivers check signatures with it. */
  readonly secret: string;
  /** What else is sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the body of a request; 256 KiB. */
  readonly bytesMax?: number;
  /** How long a receiver may take, ms. Default 5,000. */
  readonly timeoutMs?: number;
  /** How many requests are under way at once, each of another key. Default 8. */
  readonly concurrency?: number;
  /** Default Date.now: a signature tells when it was made. */
  readonly clock?: () => number;
  readonly backoff?: BackoffOptions;
}

/**
 * Somebody's HTTP endpoint: a POST of JSON for each output, signed as Standard Webhooks 1.0 says. `webhook-id`
 * is the identity: a receiver that has seen it answers 2xx and does nothing. Requests of one key follow one
 * another. An answer of 408, 425, 429 or 5xx, and none at all, is tried again; any other than 2xx is final,
 * redirects included.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @throws ConfigurationError SINK_INVALID for a secret, an URL or a header that is none
 */
export function webhookSink(options: WebhookSinkOptions): Sink {
  const key = keyOf(options.secret);
  checkUrl(options.url);
  const others = headersOf(options.headers);
  return sinkUntil({ ...options, key, others, pace: fullJitter(options.backoff) }, undefined);
}

interface Hook extends WebhookSinkOptions {
  readonly key: Uint8Array;
  readonly others: Headers;
  readonly pace: Backoff;
}

function sinkUntil(hook: Hook, signal: AbortSignal | undefined): Sink {
  const { deadLetters } = hook;
  const concurrency = checkedConcurrency(hook.concurrency ?? 8);
  return {
    async write(outputs) {
      await eachInParallel(byKey(outputs), concurrency, async (its) => {
        for (const output of its) await deliver(hook, output, signal);
      });
    },
    until(inner) {
      const bounded = deadLetters ? { ...hook, deadLetters: deadLetters.until(inner) } : hook;
      return sinkUntil(bounded, eitherOf(signal, inner));
    },
  };
}

function byKey(outputs: readonly Output[]): Output[][] {
  const keys = new Map<string, Output[]>();
  for (const output of outputs) {
    const its = keys.get(output.key);
    if (its) its.push(output);
    else keys.set(output.key, [output]);
  }
  return [...keys.values()];
}

/** Sends an output until it is taken, or never will be. */
async function deliver(hook: Hook, output: Output, signal: AbortSignal | undefined): Promise<void> {
  const { pace, bytesMax = 256 * 1024, deadLetters } = hook;
  const body = messageText(output);
  const bytes = Buffer.byteLength(body);
  const aside = (why: string) => setAside('webhook', deadLetters, [{ output, why }]);
  if (bytes > bytesMax) return aside(`it takes ${bytes} bytes of ${bytesMax}`);
  for (let retry = 0; ; retry++) {
    const status = await post(hook, output, { body, signal });
    if (status >= 200 && status < 300) return;
    if (!mayPass(status)) return aside(`the receiver answered ${status}`);
    if (retry + 1 >= pace.triesMax) throw unavailable(status, pace.triesMax);
    await pace.pause(retry, signal);
  }
}

interface Sending {
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

/** The status of the answer; 0: there was none. */
async function post(hook: Hook, output: Output, { body, signal }: Sending): Promise<number> {
  const { url, others, timeoutMs = 5_000, clock = Date.now, producer, key } = hook;
  const id = identityOf(producer, output);
  const seconds = String(Math.floor(clock() / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  // Set, not added: ours are sent once, however somebody writes the names of theirs.
  const headers = new Headers(others);
  headers.set('content-type', 'application/json');
  headers.set('webhook-id', id);
  headers.set('webhook-timestamp', seconds);
  headers.set('webhook-signature', `v1,${signature}`);
  return remoteCall({ service: 'webhook', hint: HINT, signal }, async ({ abortSignal }) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers,
        body,
        signal: abortSignal ? AbortSignal.any([abortSignal, timeout]) : timeout,
      });
      await answer.body?.cancel();
      return answer.status;
    } catch (error) {
      if (abortSignal?.aborted) throw error;
      return 0;
    }
  });
}

const mayPass = (status: number): boolean =>
  status === 0 || status >= 500 || [408, 425, 429].includes(status);

const HINT = 'It comes again; if it lasts, ask whoever runs the receiver.';

const unavailable = (status: number, tries: number): UnavailableError =>
  new UnavailableError(
    `the receiver of a webhook ${status === 0 ? 'did not answer' : `answered ${status}`} in ${tries} tries`,
    { hint: HINT },
  );

function keyOf(secret: string): Uint8Array {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(text, 'base64');
  if (key.length >= 24 && key.length <= 64) return key;
  throw new ConfigurationError(
    'SINK_INVALID',
    'the secret of a webhook is not `whsec_` and 24 to 64 bytes in base64',
    'Make one of 32 random bytes.',
  );
}

function headersOf(headers: WebhookSinkOptions['headers'] = {}): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw new ConfigurationError(
      'SINK_INVALID',
      'a header of a webhook cannot be sent',
      'See that no name has a space in it and no value a line break.',
    );
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw new ConfigurationError(
      'SINK_INVALID',
      'the address of a webhook has a user or a password in it, which no request may have',
      'Give them in `headers`, as `authorization`.',
    );
  }
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return;
  throw new ConfigurationError(
    'SINK_INVALID',
    'the address of a webhook is no https URL',
    'Give one: what is sent could be read on its way.',
  );
}
