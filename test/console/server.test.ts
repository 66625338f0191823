import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { commandOf } from '../../src/console/command.ts';
import { type Console, type ConsoleHost, serveConsole } from '../../src/console/server.ts';
import type { Command, Snapshot } from '../../src/console/snapshot.ts';
import { until } from '../end-to-end/until.ts';

let served: Console;
let port = 0;
const acted: Command[] = [];
const asked: { pipeline: string; since: number }[] = [];
let pages = 0;

const host: ConsoleHost = {
  outlines: ['clicks', 'carts'].map((name) => ({ name, stages: [], nodes: [], edges: [] })),
  snapshot(pipeline, since) {
    asked.push({ pipeline, since });
    return { next: since + 1, snapshot: { at: 1 } as Snapshot };
  },
  dashboard: async (pipeline) => {
    if (pipeline === 'carts') throw new Error('there is no CDK');
    return { times: [1], widgets: [] };
  },
  act: async (command) => {
    acted.push(command);
    return { done: true, text: 'Done.' };
  },
  watched: (count) => {
    pages = count;
  },
};

beforeAll(async () => {
  served = await serveConsole({ host, port: 0, everyMs: 10 });
  port = Number(new URL(served.url).port);
});
afterAll(() => served.close());

describe('what is served', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', '<title>Tidemark console</title>'],
    ['/app.js', 'text/javascript; charset=utf-8', 'EventSource'],
    ['/style.css', 'text/css; charset=utf-8', '--ground'],
    ['/uplot.js', 'text/javascript; charset=utf-8', 'uPlot'],
    ['/uplot.css', 'text/css; charset=utf-8', '.uplot'],
    ['/outlines', 'application/json; charset=utf-8', '"carts"'],
    ['/pushed', 'application/json; charset=utf-8', 'null'],
    ['/dashboard', 'application/json; charset=utf-8', '{"times":[1],"widgets":[]}'],
  ])('%s', async (path, type, text) => {
    const answer = await ask({ path });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } });
    expect(answer.body).toContain(text);
  });

  test.each([
    ['/nothing'],
    ['/../server.ts'],
    ['/%2e%2e/server.ts'],
    ['/tsconfig.json'],
    ['/uplot.d.ts'],
  ])('%s is not', async (path) => {
    expect(await ask({ path })).toMatchObject({ status: 404 });
  });

  test('nothing of it is inline, or from elsewhere', async () => {
    const { body } = await ask({ path: '/' });
    expect(body).not.toMatch(/<script(?![^>]*src="\/)[^>]*>|<style|\sstyle=|\son\w+=|https?:\/\//);
  });

  test('a dashboard that cannot be made is refused with the reason', async () => {
    expect(await ask({ path: '/dashboard?pipeline=carts' })).toMatchObject({
      status: 503,
      body: 'there is no CDK\n',
    });
  });
});

test('every answer keeps other sites out', async () => {
  for (const path of ['/', '/outlines', '/nothing']) {
    const { headers } = await ask({ path });
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('a page may connect to what is pushed to it, and to nothing else', async () => {
  const url = 'ws://127.0.0.1:1/live';
  const pushed = { pipeline: 'clicks', url };
  const pushing = await serveConsole({ host: { ...host, pushed }, port: 0 });
  onTestFinished(() => pushing.close());
  const answer = await fetch(`${pushing.url}pushed`);
  expect(await answer.json()).toEqual(pushed);
  expect(answer.headers.get('content-security-policy')).toContain(
    `; connect-src 'self' ${url}; base-uri`,
  );
});

describe('who may ask', () => {
  const own = (name: string) => `${name}:${port}`;
  test.each([
    ['its address', () => ({ host: own('127.0.0.1') }), 200],
    ['its name', () => ({ host: own('localhost') }), 200],
    ['another name that leads here', () => ({ host: own('rebound.example') }), 421],
    ['another port', () => ({ host: '127.0.0.1:1' }), 421],
    ['another site', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['a sibling of its site', () => ({ 'sec-fetch-site': 'same-site' }), 403],
    ['its own page', () => ({ 'sec-fetch-site': 'same-origin' }), 200],
    ['another origin', () => ({ origin: 'https://elsewhere.example' }), 403],
    ['no origin that has a name', () => ({ origin: 'null' }), 403],
  ])('%s', async (_, headers, status) => {
    for (const path of ['/', '/outlines']) {
      expect(await ask({ path, headers: headers() })).toMatchObject({ status });
    }
  });
});

describe('commands', () => {
  const origin = () => `http://127.0.0.1:${port}`;
  const json = { 'content-type': 'application/json' };
  const post = (body: string, headers: Readonly<Record<string, string>>) =>
    ask({ path: '/command', method: 'POST', body, headers });

  test('are done, and answered', async () => {
    const body = '{"kind":"kill","pipeline":"clicks","more":1}';
    const answer = await post(body, { ...json, origin: origin() });
    expect(JSON.parse(answer.body)).toEqual({ done: true, text: 'Done.' });
    expect(acted).toEqual([{ kind: 'kill', pipeline: 'clicks' }]);
  });

  test.each([
    ['of no origin', () => json, 403],
    ['of another origin', () => ({ ...json, origin: 'http://127.0.0.1:1' }), 403],
    ['as a form sends them', () => ({ 'content-type': 'text/plain', origin: origin() }), 415],
  ])('%s are not done', async (_, headers, status) => {
    acted.length = 0;
    expect(await post('{"kind":"late"}', headers())).toMatchObject({ status });
    expect(acted).toEqual([]);
  });

  test('are not done by GET, nor anything else by POST', async () => {
    expect(await ask({ path: '/command' })).toMatchObject({ status: 404 });
    const headers = { ...json, origin: origin() };
    expect(await ask({ path: '/live', method: 'POST', headers })).toMatchObject({ status: 405 });
  });

  test.each([
    ['{"kind":"pause","paused":true}', { kind: 'pause', paused: true }],
    ['{"kind":"speed","speed":60}', { kind: 'speed', speed: 60 }],
    ['{"kind":"late"}', { kind: 'late' }],
    ['{"kind":"poison","__proto__":{}}', { kind: 'poison' }],
    ['{"kind":"split","pipeline":"x"}', { kind: 'split', pipeline: 'x' }],
    ['{"kind":"speed","speed":0}', undefined],
    ['{"kind":"speed","speed":1e9}', undefined],
    ['{"kind":"speed","speed":"max"}', undefined],
    ['{"kind":"pause"}', undefined],
    ['{"kind":"kill"}', undefined],
    ['{"kind":"exec"}', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['half', undefined],
  ])('%s is read as %j', (text, command) => {
    expect(commandOf(text)).toEqual(command);
  });

  test('of more than a kilobyte are refused unread', async () => {
    acted.length = 0;
    const body = `{"kind":"late","x":"${'x'.repeat(2_000)}"}`;
    expect(await post(body, { ...json, origin: origin() })).toMatchObject({ status: 400 });
    expect(acted).toEqual([]);
  });
});

test('a page is told how things stand until it goes away, each time from where it was', async () => {
  asked.length = 0;
  const live = request({ port, host: '127.0.0.1', path: '/live?pipeline=carts' });
  const told: string[] = [];
  live.on('response', (response) => {
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    response.setEncoding('utf8').on('data', (text: string) => told.push(text));
    response.on('error', () => {});
  });
  live.on('error', () => {});
  live.end();
  await until(() => told.length >= 3);
  expect(pages).toBe(1);
  expect(told[0]).toBe('data: {"at":1}\n\n');
  expect(asked.slice(0, 3)).toEqual([0, 1, 2].map((since) => ({ pipeline: 'carts', since })));
  live.destroy();
  await until(() => pages === 0);
});

test('a port that is taken is an error with a way out', async () => {
  await expect(serveConsole({ host, port })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    hint: expect.stringContaining('--port 0'),
  });
});

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By node:http, as fetch lets nobody choose a host or an origin. */
function ask({ path, method = 'GET', body, headers = {} }: Asked) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asking = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      asking.on('error', reject);
      asking.end(body);
    },
  );
}
