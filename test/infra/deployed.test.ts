import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import cart from '../../functions/cart/pipeline.ts';
import clickstream from '../../functions/clickstream/pipeline.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import type { Row } from '../../src/sinks/row.ts';
import type { Plan } from '../../src/topology/plan.ts';
import { deployLocally, type LocalDeployment, type TemplateJson } from '../cdk/local-deployment.ts';
import type { TemplateResource } from '../cdk/synth.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const KB = 1_024;
/** Of the code that a cold start loads; 629 KB when it was last looked at. */
const BUNDLE_BYTES_MAX = 700 * KB;

let out = '';
let template: TemplateJson;

/** As `npx cdk synth` does it: through cdk.json, with bundles, nag and CDK's own checks. */
beforeAll(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'tidemark-cdk-'));
  const cdk = path.join(ROOT, 'node_modules/.bin/cdk');
  await promisify(execFile)(cdk, ['synth', '--quiet', '--output', out], {
    cwd: ROOT,
    // Nothing is asked of AWS: neither accounts nor images are looked up.
    env: { ...process.env, CDK_VALIDATION: 'true', AWS_EC2_METADATA_DISABLED: 'true' },
  });
  template = JSON.parse(readFileSync(path.join(out, 'tidemark-dev.template.json'), 'utf8'));
}, 300_000);

afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('the bundle of a reference pipeline', () => {
  test('is one for both functions, small, with its source map', () => {
    const dashboards = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
    );
    const assets = readdirSync(out).filter((name) => name.startsWith('asset.'));
    expect(assets).toHaveLength(dashboards.length);
    expect(bundleOf('Clickstream')).not.toBe(bundleOf('Cart'));
    for (const folder of [bundleOf('Clickstream'), bundleOf('Cart')]) {
      expect(readdirSync(folder).sort()).toEqual(['index.js', 'index.js.map']);
      expect(statSync(path.join(folder, 'index.js')).size).toBeLessThan(BUNDLE_BYTES_MAX);
      const map = JSON.parse(readFileSync(path.join(folder, 'index.js.map'), 'utf8'));
      expect(map).not.toHaveProperty('sourcesContent');
    }
  });

  test('counts clicks with what the template gives it', async () => {
    const deployment = await deployed('Clickstream', clickstream);
    const clicks = Array.from({ length: 300 }, (_, n) => ({
      timestamp: START + n * 2_000,
      action: n % 3 === 0 ? 'view' : 'click',
      url: `/page-${n % 7}`,
    }));
    // What closes all windows before.
    const closing = { timestamp: START + 30 * MINUTE, action: 'view', url: '/' };
    await put(deployment, 'url', [...clicks, closing]);
    const expected = recount(clicks);
    const counts = () =>
      rows(deployment, 'pageclicks', ({ windowStart, key }) => `${windowStart} ${key}`);
    await vi.waitFor(async () => expect(await counts()).toEqual(expected), {
      timeout: 100_000,
      interval: 500,
    });
    expectAllowed(deployment);
    // Errors keep their names, which logs are read by, however small the bundle is made.
    await expect(deployment.invoke('Fire', { tidemark: 'tock' })).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'EVENT_UNKNOWN',
    });
  }, 120_000);

  test('keeps carts with what the template gives it', async () => {
    const deployment = await deployed('Cart', cart);
    const bought = (cart_id: string, minute: number) => {
      const event = { timestamp: START + minute * MINUTE, cart_id, amount: 2.5 };
      return [
        { ...event, action: 'add_item', product: 'tea', quantity: 2 },
        { ...event, timestamp: event.timestamp + 1, action: 'purchase', items: 1 },
      ];
    };
    // The last one closes what is before it.
    const events = [...bought('a', 0), ...bought('b', 1), ...bought('closing', 20)];
    await put(deployment, 'cart_id', events);
    const expected = {
      products: { tea: 2 },
      lines: 1,
      pence: 250,
      checkout: { lines: 1, pence: 250 },
    };
    await vi.waitFor(
      async () => {
        const carts = await rows(deployment, 'carts', ({ key }) => key);
        expect(carts).toMatchObject({ a: expected, b: expected });
        const history = await rows(
          deployment,
          'carthistory',
          ({ key, position }) => `${key} ${position}`,
        );
        expect(Object.keys(history).filter((id) => /^[ab] /.test(id))).toHaveLength(4);
      },
      { timeout: 100_000, interval: 500 },
    );
    expectAllowed(deployment);
  }, 120_000);
});

const MINUTE = 60_000;
const START = Math.floor(Date.now() / (5 * MINUTE)) * 5 * MINUTE - 60 * MINUTE;

type Name = 'Clickstream' | 'Cart';

const SOURCES = { Clickstream: 'clicks', Cart: 'cart-events' };

/** What the template has of one pipeline, its stream included. */
function partOf(name: Name): TemplateJson {
  const stream = SOURCES[name].replace('-', '');
  const own = Object.entries(template.Resources).filter(
    ([id, { Type }]) =>
      id.startsWith(name) || (Type === 'AWS::Kinesis::Stream' && id.startsWith(stream)),
  );
  return { Resources: Object.fromEntries(own) };
}

/** The folder that the functions of a pipeline are made of. */
function bundleOf(name: Name): string {
  const resources = Object.values(partOf(name).Resources) as (TemplateResource & {
    readonly Metadata?: Readonly<Record<string, string>>;
  })[];
  const functions = resources.flatMap(({ Type, Metadata }) =>
    Type === 'AWS::Lambda::Function' ? [Metadata?.['aws:asset:path']] : [],
  );
  const folders = new Set(functions);
  expect(functions).toHaveLength(2);
  expect(folders.size).toBe(1);
  return path.join(out, String([...folders][0]));
}

async function deployed(name: Name, plan: Plan): Promise<LocalDeployment> {
  const deployment = await deployLocally(partOf(name), {
    plan,
    module: pathToFileURL(path.join(bundleOf(name), 'index.js')),
    source: SOURCES[name],
  });
  onTestFinished(() => deployment.stop());
  return deployment;
}

interface Click {
  readonly timestamp: number;
  readonly action: string;
  readonly url: string;
}

async function put<Key extends string>(
  { kinesis, stream }: LocalDeployment,
  key: Key,
  events: readonly Readonly<Record<Key, string>>[],
): Promise<void> {
  const Records = events.map((event) => ({
    Data: Buffer.from(JSON.stringify(event)),
    PartitionKey: event[key],
  }));
  await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
}

async function rows(
  { dynamodb, tableOf }: LocalDeployment,
  table: string,
  idOf: (row: Row) => string,
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for await (const row of readTable(dynamodb, tableOf(table))) found[idOf(row)] = row.value;
  return found;
}

/** No function asked anything that its role does not allow. */
function expectAllowed(deployment: LocalDeployment): void {
  for (const name of ['Gather', 'Fire'] as const) {
    const allowed = deployment.allowed(name);
    expect([...deployment.asked[name]].filter((one) => !allowed.has(one))).toEqual([]);
  }
}

/** By code that shares nothing with the engine. */
function recount(clicks: readonly Click[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { timestamp, url } of clicks.filter(({ action }) => action === 'click')) {
    const window = `${Math.floor(timestamp / (5 * MINUTE)) * 5 * MINUTE} ${url}`;
    counts[window] = (counts[window] ?? 0) + 1;
  }
  return counts;
}
