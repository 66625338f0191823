import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LimitError, UnavailableError } from '../../src/errors.ts';
import { memoryDeadLetters } from '../../src/sinks/memory.ts';
import { type WebhookSinkOptions, webhookSink } from '../../src/sinks/webhook.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';
import { messageContract } from '../../src/testing/contracts/message-contract.ts';

const KEY = randomBytes(32);
const SECRET = `whsec_${KEY.toString('base64')}`;

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

describe('the contract', () => {
  test.each(messageContract)('$name', ({ run }) =>
    run({
      open: (deadLetters) => open({ ...(deadLetters && { deadLetters }) }),
      messages: async () => [...receiver.taken.values()].map((body) => JSON.parse(body) as unknown),
      tooLarge: 'x'.repeat(300_000),
    }),
  );
});

describe('a receiver that does not take a request', () => {
  test.each([408, 425, 429, 500, 503, 'no answer', 'hangs'] as const)(
    'gets it again: %s',
    async (trouble) => {
      receiver.troubles.push(trouble, trouble);
      await open({ timeoutMs: 200 }).write([outputOf('a')]);
      expect(receiver.requests).toHaveLength(3);
      expect(new Set(receiver.requests.map(({ id }) => id)).size).toBe(1);
      expect(receiver.taken.size).toBe(1);
    },
  );

  test('makes the sink unavailable in the end', async () => {
    receiver.troubles.push(503, 503, 503);
    const sink = open({ backoff: { baseMs: 1, triesMax: 3 } });
    await expect(sink.write([outputOf('a')])).rejects.toThrow(UnavailableError);
    expect(receiver.requests).toHaveLength(3);
  });

  test.each([400, 401, 410, 302])('for good is not asked again: %i', async (status) => {
    receiver.troubles.push(status);
    await expect(open().write([outputOf('a')])).rejects.toThrow(LimitError);
    receiver.troubles.push(status);
    const deadLetters = memoryDeadLetters();
    await open({ deadLetters }).write([outputOf('b'), outputOf('b', { index: 1, value: 2 })]);
    expect(deadLetters.letters()).toMatchObject([{ detail: `the receiver answered ${status}` }]);
    expect(receiver.requests).toHaveLength(3);
    expect(receiver.taken.size).toBe(1);
  });

  test('gets no later request of its key before', async () => {
    receiver.troubles.push(503);
    await open().write([0, 1, 2].map((index) => outputOf('a', { index, value: index })));
    expect([...receiver.taken.values()].map((body) => JSON.parse(body).value)).toEqual([0, 1, 2]);
  });
});

test('a request is signed as Standard Webhooks says, at the time that it is sent', async () => {
  await open({ clock: () => 1_700_000_000_500, headers: { 'x-tenant': 't' } }).write([
    outputOf('a', { value: 7 }),
  ]);
  const [{ id, headers, body } = never()] = receiver.requests;
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-timestamp': '1700000000',
    'webhook-signature': `v1,${createHmac('sha256', KEY).update(`${id}.1700000000.${body}`).digest('base64')}`,
    'x-tenant': 't',
  });
  expect(JSON.parse(body)).toEqual({ key: 'a', windowStart: 0, windowEnd: 1_000, value: 7 });
});

test('a header of ours is sent once, whatever others are called', async () => {
  const headers = { 'Content-Type': 'text/plain', 'Webhook-Id': 'forged', 'X-Tenant': 't' };
  await open({ headers }).write([outputOf('a')]);
  const [{ id, headers: got } = never()] = receiver.requests;
  expect(id).toMatch(/^[\w-]{43}$/);
  expect(got).toMatchObject({ 'content-type': 'application/json', 'x-tenant': 't' });
});

test.each([
  ['a secret that is none', { secret: 'secret' }],
  ['a short secret', { secret: `whsec_${randomBytes(16).toString('base64')}` }],
  ['plain http to another machine', { url: 'http://example.com/hook' }],
  ['no URL', { url: 'hook' }],
  ['a password in the URL', { url: 'https://user:secret@example.com/hook' }],
  ['a header of two lines', { headers: { 'x-tenant': 'a\r\nx-admin: 1' } }],
  ['a header that is none', { headers: { 'x tenant': 'a' } }],
])('%s is refused at the start', (_, options) => {
  expect(() => open(options)).toThrow(expect.objectContaining({ code: 'SINK_INVALID' }));
});

const open = (options: Partial<WebhookSinkOptions> = {}) =>
  webhookSink({
    url: receiver.url,
    secret: SECRET,
    producer: 'tests',
    backoff: { baseMs: 1 },
    ...options,
  });

interface Got {
  readonly id: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What comes next instead of a good answer. */
type Trouble = number | 'no answer' | 'hangs';

interface Receiver {
  readonly url: string;
  readonly requests: Got[];
  /** By id, the bodies that it has taken, each once. */
  readonly taken: Map<string, string>;
  readonly troubles: Trouble[];
  stop(): Promise<void>;
}

/** A receiver as Standard Webhooks describes one: it checks signatures, and goes by ids. */
async function startReceiver(): Promise<Receiver> {
  const requests: Got[] = [];
  const taken = new Map<string, string>();
  const troubles: Trouble[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { headers } = request;
    const id = String(headers['webhook-id']);
    requests.push({ id, headers, body });
    const trouble = troubles.shift();
    if (trouble === 'hangs') return;
    if (trouble === 'no answer') return void response.destroy();
    if (trouble !== undefined) return void response.writeHead(trouble, { location: '/x' }).end();
    const signed = `${id}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', KEY).update(signed).digest('base64');
    const isSigned = headers['webhook-signature'] === `v1,${signature}`;
    if (isSigned && !taken.has(id)) taken.set(id, body);
    response.writeHead(isSigned ? 204 : 401).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    taken,
    troubles,
    async stop() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

function never(): never {
  throw new Error('there was no request');
}
