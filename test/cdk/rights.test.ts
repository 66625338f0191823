import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readTable } from '../../src/sinks/read-table.ts';
import { deployLocally, type LocalDeployment, type TemplateJson } from './local-deployment.ts';
import { everyKindPlan, NO_KEY } from './rights-plan.ts';
import { pipelineWith } from './synth.ts';

const START = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;

/** Which of the two a sink uses is a matter of its outputs: final ones go by the batch. */
const SINKS = /^dynamodb:(PutItem|BatchWriteItem) on \w*Results/;

/** Everything that a function may be asked to do is done here, or has its reason to be allowed. */
const UNUSED = {
  Gather: [
    SINKS,
    // Lambda's own, to read the stream.
    /^kinesis:(DescribeStream|GetRecords|GetShardIterator) /,
    /^logs:/,
    /^sqs:/,
  ],
  Fire: [
    SINKS,
    /^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams) /,
    /^logs:/,
    /^sqs:/,
  ],
};

/** So many rows at least are in each table when all is done: one letter of gathering, one of firing. */
const MADE = {
  raw: 1,
  pages: 1,
  sessions: 1,
  latest: 1,
  lastonpage: 1,
  LateEvents: 1,
  DeadLetters: 2,
};

test('each function asks for what its role allows, and for all of it', async () => {
  const deployment = await deployed();
  // On time, broken, late, and, far ahead, what closes all windows before.
  for (const second of [0, 1, 20, 1, 60]) await put(deployment, { at: START + second * 1_000 });
  await put(deployment, { at: START + 61_000, page: NO_KEY });
  await put(deployment, { at: START + 120_000 });
  await put(deployment, 'broken');
  await vi.waitFor(
    async () => {
      for (const [part, rows] of Object.entries(MADE)) {
        expect(await rowsIn(deployment, part), part).toBeGreaterThanOrEqual(rows);
      }
    },
    { timeout: 100_000, interval: 1_000 },
  );
  await deployment.runtime.tick();
  for (const name of ['Gather', 'Fire'] as const) {
    const allowed = deployment.allowed(name);
    const asked = deployment.asked[name];
    expect([...asked].filter((one) => !allowed.has(one))).toEqual([]);
    const unused = [...allowed].filter((one) => !asked.has(one));
    expect(unused.filter((one) => !UNUSED[name].some((pattern) => pattern.test(one)))).toEqual([]);
  }
}, 120_000);

async function deployed(): Promise<LocalDeployment> {
  const plan = everyKindPlan();
  const { stack } = pipelineWith((scope, clicks) => {
    const partitionKey = { name: 'id', type: AttributeType.STRING };
    const users = new TableV2(scope, 'Users', { partitionKey });
    return { plan, sources: { visits: clicks }, lookups: { users } };
  });
  const template = Template.fromStack(stack).toJSON() as TemplateJson;
  const module = new URL('./rights-handler.ts', import.meta.url);
  const deployment = await deployLocally(template, { plan, module, source: 'visits' });
  onTestFinished(() => deployment.stop());
  return deployment;
}

async function put(
  { kinesis, stream }: LocalDeployment,
  value: { readonly at: number; readonly page?: string } | string,
): Promise<void> {
  const event = { page: '/', user: 'somebody' };
  const text = typeof value === 'string' ? value : JSON.stringify({ ...event, ...value });
  const Records = [{ Data: Buffer.from(text), PartitionKey: 'key' }];
  await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
}

async function rowsIn({ dynamodb, tableOf }: LocalDeployment, part: string): Promise<number> {
  let rows = 0;
  for await (const _ of readTable(dynamodb, tableOf(part))) rows += 1;
  return rows;
}
