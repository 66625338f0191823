import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { clicksPerPage } from '../../functions/clickstream/pipeline.ts';
import { fraudAlerts } from '../../functions/fraud/pipeline.ts';
import { pushClient } from '../../src/cli/start/deployment.ts';
import { type PushGateway, startPushGateway } from '../../src/cli/start/push-gateway.ts';
import { originsOf } from '../../src/console/guard.ts';
import { PipelineModel } from '../../src/console/model/pipeline-model.ts';
import { serveConsole } from '../../src/console/server.ts';
import { until } from '../end-to-end/until.ts';
import { CHROMIUM_FLAGS, installedChromium } from './chromium.ts';

const executablePath = installedChromium();

describe.skipIf(executablePath === undefined)('what is pushed, in Chromium', () => {
  let browser: Browser;
  let gateway: PushGateway;
  let page: Page;
  let complaints: string[];
  /** Of the page's connections, the one that is open, and how many there were. */
  let connected: { id: string; times: number };
  let origins: readonly string[];

  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: CHROMIUM_FLAGS,
    });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    connected = { id: '', times: 0 };
    origins = [];
    gateway = await startPushGateway({
      origins: () => origins,
      onConnection: async ({ requestContext: { routeKey, connectionId = '' } }) => {
        if (routeKey === '$connect') connected = { id: connectionId, times: connected.times + 1 };
        return { statusCode: 200 };
      },
    });
    onTestFinished(() => gateway.stop());
    const served = await serveConsole({ host: hostOf(gateway.url), port: 0 });
    onTestFinished(() => served.close());
    origins = originsOf(Number(new URL(served.url).port));
    page = await browser.newPage();
    onTestFinished(() => page.close());
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${served.url}#fraud`, { waitUntil: 'domcontentloaded' });
    await page.locator('#pushed-state', { hasText: 'Connected' }).waitFor();
  });

  const push = (n: number, user = `user-${n}`): Promise<unknown> => {
    const message = { reason: 'many orders', user, time: n * 1_000, order: `o${n}`, amount: n };
    return pushClient(CONNECTION, gateway.endpoint).postToConnection({
      ConnectionId: connected.id,
      Data: Buffer.from(JSON.stringify({ identity: `i${n}`, message })),
    });
  };
  const who = (): Promise<string[]> => page.locator('#pushed-list td.who').allTextContents();
  const shows = (count: number): Promise<void> =>
    until(async () => (await page.locator('#pushed-state').textContent()) === counted(count));

  test('stands there each once, the newest first, and is said aloud', async () => {
    const said = page.locator('#pushed-said');
    expect(await said.getAttribute('aria-live')).toBe('polite');
    await push(1);
    await until(async () => (await said.textContent()) === 'Alert: many orders, user-1, £1.00');
    for (const n of [2, 1, 3, 2]) await push(n);
    await shows(3);
    expect(await who()).toEqual(['user-3', 'user-2', 'user-1']);
    const row = page.locator('#pushed-list tbody tr').first();
    expect(await row.locator('td').allTextContents()).toEqual([
      ...['00:00:03', 'many orders', 'user-3', 'o3', '', '£3.00'],
    ]);
    // What came since together, so that nobody is talked to all the time.
    await until(async () => /^2 new alerts, .*user-3/.test((await said.textContent()) ?? ''));
    expect(complaints).toEqual([]);
  });

  test('moves nothing, however much comes; and is text, whatever it says', async () => {
    const log = page.locator('#log');
    const before = await log.boundingBox();
    for (let n = 1; n <= 60; n++) await push(n, n === 60 ? '<img src=x>' : undefined);
    await shows(60);
    expect(await page.locator('#pushed-list tbody tr').count()).toBe(50);
    expect((await who())[0]).toBe('<img src=x>');
    expect(await page.locator('#pushed-list img').count()).toBe(0);
    expect(await log.boundingBox()).toEqual(before);
    await page.setViewportSize({ width: 400, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    expect(complaints).toEqual([]);
  });

  test('is heard while another pipeline is looked at, and shown with its own alone', async () => {
    await page.locator('#pipelines button', { hasText: 'clickstream' }).click();
    expect(await page.locator('#pushed').isVisible()).toBe(false);
    await push(1);
    await page.locator('#pipelines button', { hasText: 'fraud' }).click();
    await shows(1);
    expect(await page.locator('#pushed').isVisible()).toBe(true);
  });

  test('comes again after a connection has ended', async () => {
    await push(1);
    await shows(1);
    const { id: ConnectionId } = connected;
    await pushClient(CONNECTION, gateway.endpoint).deleteConnection({ ConnectionId });
    await until(() => connected.times === 2);
    await page.locator('#pushed-state', { hasText: 'Connected' }).waitFor();
    await push(2);
    await shows(2);
  });

  test('comes from there, and the page connects nowhere else', async () => {
    const elsewhere = new URL(gateway.url);
    elsewhere.pathname = '/other';
    await page.evaluate(`new WebSocket(${JSON.stringify(elsewhere.href)})`).catch(() => {});
    await until(() => complaints.some((text) => text.includes('Content Security Policy')));
    expect(connected.times).toBe(1);
  });
});

const counted = (count: number): string => `Connected · ${count} so far`;

const CONNECTION = {
  ...{ kinesisEndpoint: '', dynamodbEndpoint: '', region: 'us-east-1' },
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

/** Two pipelines to which nothing happens, one of which pushes. */
function hostOf(url: string): Parameters<typeof serveConsole>[0]['host'] {
  const models = [clicksPerPage(), fraudAlerts()].map((plan) => new PipelineModel(plan));
  return {
    outlines: models.map(({ outline }) => outline),
    pushed: { pipeline: 'fraud', url },
    snapshot(name, since) {
      const model = models.find((one) => one.name === name) ?? models[0];
      if (model === undefined) throw new Error('there is no pipeline');
      const { next, snapshot: pipeline } = model.snapshot(0, since);
      const traffic = { speed: 1, paused: false, ended: false, clock: null, perSecond: 0 };
      const pipelines = models.map((one) => one.line(0));
      return { next, snapshot: { at: 0, traffic, pipelines, pipeline } };
    },
    dashboard: async () => ({ times: [], widgets: [] }),
    act: async () => ({ done: false, text: '' }),
  };
}
