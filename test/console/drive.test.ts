import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { start } from '../end-to-end/start-process.ts';
import { until } from '../end-to-end/until.ts';
import { CHROMIUM_FLAGS, installedChromium } from './chromium.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/** How long a busy machine may take until a button has had its effect, ms. */
const EFFECT_MS = 90_000;

const executablePath = installedChromium();

describe.skipIf(executablePath === undefined)('the console in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: CHROMIUM_FLAGS,
    });
  });
  afterAll(() => browser.close());

  test('every button does what it says, and nothing gets lost', async () => {
    const { output } = start(['--alone', '--port', '0', '--speed', '5', '--window', '1m']);
    await until(() => /Watch it at \S+/.test(output()));
    const url = /Watch it at (\S+)/.exec(output())?.[1] ?? '';
    const context = await browser.newContext({ colorScheme: 'dark' });
    const page = await context.newPage();
    page.setDefaultTimeout(EFFECT_MS);
    const complaints = complaintsOf(page);
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    await figure(page, 'sent').filter({ hasText: /[1-9]/ }).waitFor();

    await page.selectOption('#speed', '10');
    await says(page, 'The traffic goes at 10 times real time.');
    await until(async () => (await count(page, 'counted')) > 0, EFFECT_MS);
    await page.locator('#windows li.closed').first().waitFor();

    await page.click('#poison');
    await page.locator('#letters td', { hasText: '{"timestamp":"2026-' }).first().waitFor();
    expect(await count(page, 'dead')).toBeGreaterThan(0);

    const late = await count(page, 'late');
    await page.click('#late');
    await says(page, 'an hour behind the others');
    await until(async () => (await count(page, 'late')) > late, EFFECT_MS);

    await page.click('#split');
    await page.locator('#lanes tr.ended').first().waitFor();
    await page.locator('#lanes tbody tr').nth(5).waitFor();

    const first = await page.locator('#log li', { hasText: 'runs in process' }).count();
    await page.click('#kill');
    await page.locator('#log li', { hasText: 'got SIGKILL' }).waitFor();
    await until(async () => {
      return (await page.locator('#log li', { hasText: 'runs in process' }).count()) > first;
    }, EFFECT_MS);

    await page.click('#pause');
    await page.locator('#pause[aria-pressed="true"]').waitFor();
    await until(async () => (await count(page, 'waiting')) === 0, EFFECT_MS);
    const sent = await count(page, 'sent');
    const parts = ['counted', 'kept', 'filtered', 'late', 'dead', 'waiting'];
    const counts = await Promise.all(parts.map((part) => count(page, part)));
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(sent);
    await page.locator('.verdict.whole').waitFor();
    await page.click('#pause');
    await until(async () => (await count(page, 'sent')) > sent, EFFECT_MS);

    await page.click('#theme');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.locator('#dashboard figure').nth(17).waitFor();
    for (const title of [
      'Throughput',
      'Iterator age',
      'Function duration',
      'Write units',
      'Cost',
    ]) {
      const graph = page.locator('#dashboard figure', { hasText: title }).first();
      await graph.locator('.lines b', { hasText: /\d/ }).first().waitFor();
    }

    await page.setViewportSize({ width: 400, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    expect(await unnamed(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

/** What the browser complains of: scripts that fail, and what the content security policy stops. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

const figure = (page: Page, name: string) => page.locator(`#accounts .figure.${name} strong`);

const count = async (page: Page, name: string): Promise<number> =>
  Number((await figure(page, name).first().textContent())?.replaceAll(',', ''));

const says = (page: Page, text: string): Promise<void> =>
  page.locator('#said', { hasText: text }).waitFor();

/** Whoever does not see the page has to hear what each button and picture is. */
const unnamed = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('button, select, [role=img], section')]
    .filter((one) => !(one.textContent?.trim() || one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.labels?.length))
    .map((one) => one.outerHTML)`);
