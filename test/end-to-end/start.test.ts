import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/runtime/local/embedded.ts';
import { readDeadLetters } from '../../src/sinks/read-dead-letters.ts';
import { dynamodbClient, kinesisClient } from '../runtime/local/servers.ts';
import { deadEndpoint, oneEndpoint, silentEndpoint } from './aws-proxy.ts';
import { descendants, isAlive, runningAs } from './processes.ts';
import { type Ending, start, startToEnd, temporaryFolder } from './start-process.ts';
import { until } from './until.ts';

// Each test runs three processes, and a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** As much of the summary in JSON as is looked at here. */
interface SummaryFile {
  readonly ok: boolean;
  readonly compared: boolean;
  readonly records: number;
  readonly counted: number;
  readonly late: number;
  readonly deadLettered: number;
  readonly filtered: number;
  readonly deadLetteredByReason: Readonly<Record<string, number>>;
  readonly windows: readonly {
    readonly key: string;
    readonly windowStart: number;
    readonly windowEnd: number;
    readonly value: number;
  }[];
  readonly differencesTotal: number;
  readonly differences: readonly string[];
}

const QUICK = ['--exit', '--speed', 'max', '--events'];

test('generated events are counted, checked and told of in a file', async () => {
  const { ending, summary } = await runWithSummary([...QUICK, '3000']);
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  expect(ending.stdout).toContain('OK: the results equal a plain recount of the stream.');
  expect(summary).toMatchObject({ ok: true, compared: true, records: 3_000, differencesTotal: 0 });
  expectSumsToAddUp(summary);
  expect(summary.counted).toBeGreaterThan(1_000);
  expect(summary.filtered).toBeGreaterThan(500);
  expect(summary.late).toBeGreaterThan(0);
  expect(Object.keys(summary.deadLetteredByReason).sort()).toEqual([
    'FUTURE',
    'NOT_JSON',
    'SCHEMA',
  ]);
  expect(summary.windows).toEqual([...summary.windows].sort(byStartThenKey));
  expect(new Set(summary.windows.map((window) => window.windowStart)).size).toBeGreaterThan(1);
  for (const { windowStart, windowEnd } of summary.windows) {
    expect([windowStart % 300_000, windowEnd - windowStart]).toEqual([0, 300_000]);
  }
});

describe('what cannot be done is refused in one sentence, with code 2', () => {
  test.each([
    ['an unknown flag', ['--sped', 'max'], "error: unknown option '--sped'"],
    ['a file that is not there', ['--input', 'no/such.jsonl'], "no file 'no/such.jsonl'"],
    ['a folder', ['--input', 'src'], "'src' is a folder"],
    ['a duration without a unit', ['--window', '300'], 'such as 500ms, 30s, 5m'],
  ])('%s', async (_, args, message) => {
    const ending = await startToEnd([...args, '--exit']);
    expect(ending).toMatchObject({ code: 2, stdout: '' });
    expect(ending.stderr).toContain(message);
    expectNoStack(ending);
  });
});

describe('whoever ends it, nothing is left running', () => {
  test.each([
    ['the process', false],
    ['its whole group, as a terminal does', true],
  ])('Ctrl-C to %s ends it in order', async (_, ownGroup) => {
    const { child, pid, children, ending } = await running(ownGroup);
    const exited = once(child, 'exit');
    process.kill(ownGroup ? -pid : pid, 'SIGINT');
    expect(await exited).toEqual([0, null]);
    await untilGone(children);
    const { stdout, stderr } = await ending;
    expect(stdout).toContain('Ended early: the results were not compared.');
    expect(stderr).toBe('');
  });

  test('Ctrl-C waits for no function that does not answer', async () => {
    const { pid, children, output } = await running(true);
    const functions = runningAs('function-child', children);
    expect(functions).toHaveLength(2);
    for (const one of functions) process.kill(one, 'SIGSTOP');
    const put = () =>
      Number(
        output()
          .match(/[\d,]+(?= put)/g)
          ?.at(-1)
          ?.replaceAll(',', ''),
      );
    const before = put();
    await until(() => put() > before + 300);
    process.kill(-pid, 'SIGINT');
    await until(() => !isAlive(pid), 20_000);
    await untilGone(children);
  });

  test('a check that Ctrl-C has cut off does not pass', async () => {
    const { pid, ending } = await running(false, ['--exit']);
    process.kill(pid, 'SIGINT');
    expect((await ending).code).toBe(130);
  });

  test('killed, it takes its children along', async () => {
    const { child, pid, children } = await running(false);
    const exited = once(child, 'exit');
    process.kill(pid, 'SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);
    await untilGone(children);
  });
});

describe('on servers that run already', () => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded();
  });
  afterAll(() => embedded.stop());

  test('it uses them, twice in a row under fresh names, and leaves the results there', async () => {
    const { kinesis, dynamodb } = clientsOf(embedded);
    const env = {
      AWS_ENDPOINT_URL_KINESIS: embedded.kinesisEndpoint,
      AWS_ENDPOINT_URL_DYNAMODB: embedded.dynamodbEndpoint,
    };
    for (const runs of [1, 2]) {
      const ending = await startToEnd([...QUICK, '300'], { env });
      expect(ending).toMatchObject({ code: 0, stderr: '' });
      expect(ending.stdout).toContain(`at ${embedded.dynamodbEndpoint}; ask for one page with`);
      const { StreamNames = [] } = await kinesis.send(new ListStreamsCommand({}));
      const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
      expect(new Set(StreamNames).size).toBe(runs);
      expect(TableNames.filter((name) => name.endsWith('-page-clicks'))).toHaveLength(runs);
    }
  });

  test('malformed lines of a file are put as they are, and end as dead letters', async () => {
    const file = join(await temporaryFolder(), 'events.jsonl');
    const good = [0, 1, 400].map((second) => Buffer.from(clickAt(second)));
    const bad = [
      Buffer.from('{"timestamp":"2026-03-01T12:00:02Z","user_'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      Buffer.from('{"action":"click","url":"/"}'),
      Buffer.from('{ "timestamp": "yesterday", "action": "click", "url": "/" }'),
      Buffer.from(clickAt(86_400)),
    ];
    const lines = [good[0], ...bad, ...good.slice(1)].map((line) => line ?? Buffer.alloc(0));
    await writeFile(file, Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])));

    const before = await tablesOf(embedded);
    const { ending, summary } = await runWithSummary([
      '--exit',
      '--input',
      file,
      '--endpoint-url',
      await oneEndpoint(embedded),
    ]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(summary).toMatchObject({ ok: true, records: 8, counted: 3, deadLettered: 5, late: 0 });
    expect(summary.deadLetteredByReason).toEqual({ NOT_JSON: 2, SCHEMA: 2, FUTURE: 1 });
    const made = (await tablesOf(embedded)).filter((name) => !before.includes(name));
    const table = made.find((name) => name.endsWith('-dead-letters')) ?? '';
    const letters: string[] = [];
    for await (const { data } of readDeadLetters(clientsOf(embedded).dynamodb, table)) {
      letters.push(Buffer.from(data).toString('hex'));
    }
    expect(letters.sort()).toEqual(bad.map((line) => line.toString('hex')).sort());
  });

  test('a row that was changed on its way into the table is found out', async () => {
    const tampering = new Tampering();
    const endpoint = await oneEndpoint(embedded, tampering.tamper);
    const { ending, summary } = await runWithSummary([
      ...QUICK,
      '1000',
      '--endpoint-url',
      endpoint,
    ]);
    expect(ending).toMatchObject({ code: 1, stderr: '' });
    expect(ending.stdout).toContain('NOT OK: ');
    expect(summary).toMatchObject({ ok: false, compared: true });
    const { key, value } = tampering.row;
    expect(summary.differences.join('\n')).toMatch(`"${key}" in the window from`);
    expect(summary.differences.join('\n')).toContain(
      `${value + 1} in the table, ${value} in the recount`,
    );
  });
});

describe('an endpoint that does not answer is named, within a minute', () => {
  test.each([
    ['nobody listens there', deadEndpoint],
    ['it takes requests and says nothing', silentEndpoint],
  ])('%s', { timeout: 180_000 }, async (_, endpoint) => {
    const url = await endpoint();
    const begun = performance.now();
    const ending = await startToEnd([...QUICK, '10', '--endpoint-url', url]);
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(ending.code).toBe(1);
    expect(ending.stderr).toContain(`error: the stream and tables could not be made at ${url}: `);
    expect(ending.stderr).toContain('See that the endpoint speaks the Kinesis and DynamoDB APIs');
    expectNoStack(ending);
  });
});

/** Adds one to the count of the first row that comes by, however often it is written. */
class Tampering {
  row = { key: '', windowStart: '', value: 0 };

  readonly tamper = (operation: string, body: string): string => {
    if (operation !== 'BatchWriteItem') return body;
    const batch = JSON.parse(body) as BatchWrite;
    const [table = '', puts = []] = Object.entries(batch.RequestItems)[0] ?? [];
    if (!table.endsWith('-page-clicks')) return body;
    for (const { PutRequest } of puts) this.#change(PutRequest.Item);
    return JSON.stringify(batch);
  };

  #change(item: ResultItem): void {
    const [key, windowStart] = [item.key.S, item.windowStart.N];
    if (this.row.key === '') this.row = { key, windowStart, value: Number(item.value.N) };
    if (key !== this.row.key || windowStart !== this.row.windowStart) return;
    item.value.N = String(Number(item.value.N) + 1);
  }
}

interface BatchWrite {
  readonly RequestItems: Readonly<
    Record<string, readonly { readonly PutRequest: { readonly Item: ResultItem } }[]>
  >;
}

interface ResultItem {
  readonly key: { readonly S: string };
  readonly windowStart: { readonly N: string };
  readonly value: { N: string };
}

async function runWithSummary(
  args: readonly string[],
): Promise<{ readonly ending: Ending; readonly summary: SummaryFile }> {
  const json = join(await temporaryFolder(), 'summary.json');
  const ending = await startToEnd([...args, '--json', json]);
  return { ending, summary: JSON.parse(await readFile(json, 'utf8')) as SummaryFile };
}

/** An endless run in the middle of its work, with the processes of the servers and of the function. */
async function running(ownGroup: boolean, more: readonly string[] = []) {
  // Slow, so that the function mostly waits: it must be gone then too, not only when it cannot answer.
  // The pipelines beside the clickstream take a process more: once is enough to see it end.
  const alone = ownGroup ? [] : ['--alone'];
  const started = start(['--speed', '5', ...alone, ...more], { ownGroup });
  await until(() => /[1-9][\d,]* gathered/.test(started.output()));
  const functions = ownGroup ? 2 : 1;
  // Those of the other pipelines may come up later than the first records are gathered.
  await until(() => runningAs('function-child', descendants(started.pid)).length === functions);
  const children = descendants(started.pid);
  // Only after a failure: a test that shows a leak must not leave it behind.
  onTestFinished(() => {
    for (const pid of children.filter(isAlive)) process.kill(pid, 'SIGKILL');
  });
  expect(children.length).toBeGreaterThanOrEqual(2);
  return { ...started, children };
}

const untilGone = (pids: readonly number[]): Promise<void> =>
  until(() => !pids.some(isAlive), 30_000);

function clientsOf({ kinesisEndpoint, dynamodbEndpoint }: Embedded) {
  return { kinesis: kinesisClient(kinesisEndpoint), dynamodb: dynamodbClient(dynamodbEndpoint) };
}

async function tablesOf(embedded: Embedded): Promise<string[]> {
  const { dynamodb } = clientsOf(embedded);
  return (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [];
}

function expectSumsToAddUp(summary: SummaryFile): void {
  const { counted, late, deadLettered, filtered, records } = summary;
  expect(counted + late + deadLettered + filtered).toBe(records);
  expect(sum(summary.windows.map((window) => window.value))).toBe(counted);
  expect(sum(Object.values(summary.deadLetteredByReason))).toBe(deadLettered);
}

function expectNoStack({ stderr }: Ending): void {
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr.trim().split('\n').length).toBeLessThan(4);
}

const AN_HOUR_AGO = Date.now() - 3_600_000;

const clickAt = (second: number): string =>
  JSON.stringify({
    timestamp: new Date(AN_HOUR_AGO + second * 1_000).toISOString(),
    user_id: 'u1',
    action: 'click',
    url: '/',
  });

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

type Window = SummaryFile['windows'][number];

const byStartThenKey = (a: Window, b: Window): number =>
  a.windowStart - b.windowStart || (a.key < b.key ? -1 : 1);
