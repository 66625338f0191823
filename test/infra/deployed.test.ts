import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import clickstream from '../../functions/clickstream/pipeline.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import { deployLocally, type LocalDeployment, type TemplateJson } from '../cdk/local-deployment.ts';

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

describe('the bundle of the reference pipeline', () => {
  test('is one for both functions, small, with its source map', () => {
    expect(bundles()).toHaveLength(1);
    const [folder = ''] = bundles();
    expect(readdirSync(folder).sort()).toEqual(['index.js', 'index.js.map']);
    expect(statSync(path.join(folder, 'index.js')).size).toBeLessThan(BUNDLE_BYTES_MAX);
    const map = JSON.parse(readFileSync(path.join(folder, 'index.js.map'), 'utf8'));
    expect(map).not.toHaveProperty('sourcesContent');
  });

  test('counts clicks with what the template gives it', async () => {
    const [folder = ''] = bundles();
    const deployment = await deployLocally(template, {
      plan: clickstream,
      module: pathToFileURL(path.join(folder, 'index.js')),
      source: 'clicks',
    });
    onTestFinished(() => deployment.stop());
    const clicks = Array.from({ length: 300 }, (_, n) => ({
      timestamp: START + n * 2_000,
      action: n % 3 === 0 ? 'view' : 'click',
      url: `/page-${n % 7}`,
    }));
    // What closes all windows before.
    const closing = { timestamp: START + 30 * MINUTE, action: 'view', url: '/' };
    await put(deployment, [...clicks, closing]);
    const expected = recount(clicks);
    await vi.waitFor(async () => expect(await results(deployment)).toEqual(expected), {
      timeout: 100_000,
      interval: 500,
    });
    for (const name of ['Gather', 'Fire'] as const) {
      const allowed = deployment.allowed(name);
      expect([...deployment.asked[name]].filter((one) => !allowed.has(one))).toEqual([]);
    }
    // Errors keep their names, which logs are read by, however small the bundle is made.
    await expect(deployment.invoke('Fire', { tidemark: 'tock' })).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'EVENT_UNKNOWN',
    });
  }, 120_000);
});

const MINUTE = 60_000;
const START = Math.floor(Date.now() / (5 * MINUTE)) * 5 * MINUTE - 60 * MINUTE;

function bundles(): string[] {
  const folders = readdirSync(out).map((name) => path.join(out, name));
  return folders.filter((folder) => existsSync(path.join(folder, 'index.js')));
}

interface Click {
  readonly timestamp: number;
  readonly action: string;
  readonly url: string;
}

async function put({ kinesis, stream }: LocalDeployment, clicks: readonly Click[]): Promise<void> {
  const Records = clicks.map((click) => ({
    Data: Buffer.from(JSON.stringify(click)),
    PartitionKey: click.url,
  }));
  await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
}

async function results({ dynamodb, tableOf }: LocalDeployment): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for await (const row of readTable(dynamodb, tableOf('pageclicks'))) {
    found[`${row.windowStart} ${row.key}`] = row.value;
  }
  return found;
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
