import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { tidemark } from '../../../src/cli/tidemark/command.ts';
import { loadFailure } from '../../../src/cli/tidemark/load-plan.ts';
import { headline } from '../../../src/cli/tidemark/run-command.ts';
import { linesOf, workplace } from '../../runtime/batch/workplace.ts';

const place = workplace();
const PIPELINE = path.resolve(import.meta.dirname, '../../../functions/clickstream/pipeline.ts');
const SHOP = path.resolve(import.meta.dirname, 'plans.ts');
const click = (second: number, url: string, action = 'click') => ({
  timestamp: `2026-03-01T12:00:${String(second).padStart(2, '0')}Z`,
  action,
  url,
});

describe('tidemark run', () => {
  test('tells what became of the lines, and where the results are', async () => {
    place.write([click(1, '/'), click(2, '/'), click(3, '/', 'view'), 'oops'], 'one.jsonl');
    place.write([click(59, '/buy')], 'two.jsonl.gz');
    const output = place.output();
    const globs = ['run', PIPELINE, '--input', place.path('*o*.jsonl*'), '--output', output];
    expect(await called(...globs)).toEqual({
      code: 0,
      err: '',
      out: [
        'clickstream: 5 lines read in N s (N/s)',
        '  clicks-per-page: 5 lines, 1 filtered out, 0 late, 1 dead letters',
        '  OUT/page-clicks.jsonl: 2 lines',
        '  OUT/dead-letters.jsonl: 1 lines',
        '',
      ].join('\n'),
    });
    expect(linesOf(output, 'page-clicks.jsonl')).toEqual([
      '{"key":"/","windowStart":1772366400000,"windowEnd":1772366700000,"value":2}',
      '{"key":"/buy","windowStart":1772366400000,"windowEnd":1772366700000,"value":1}',
    ]);
    expect((await called(...globs)).out).toContain('clickstream: finished before; --fresh runs it');
    expect((await called(...globs, '--fresh')).out).toContain('5 lines read');
  });

  test('prints the summary as JSON', async () => {
    const file = place.write([click(1, '/')]);
    const named = `clicks=${file}`;
    const { code, out } = await called(
      ...['run', PIPELINE, '--input', named, '--output', place.output(), '--json', '--arrival'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      went: 'begun',
      linesRead: 1,
      pipeline: 'clickstream',
      mode: 'arrival',
      inputs: [{ stream: 'clicks', name: file }],
      stages: { 'clicks-per-page': { records: 1, filtered: 0, late: 0, deadLetters: 0 } },
      results: { 'page-clicks': { file: 'page-clicks.jsonl', lines: 1 } },
    });
  });

  test('takes several files, as a shell leaves them, and several times', async () => {
    const [a, b, c] = [1, 2, 3].map((second) => place.write([click(second, '/')]));
    const { out } = await called(
      ...['run', PIPELINE, '--input', a ?? '', b ?? '', '--output', place.output()],
      ...['--input', c ?? '', '--memory-limit', '64MB'],
    );
    expect(out).toContain('3 lines read');
  });

  test('takes the files of each of several streams, and runs stage after stage', async () => {
    const visit = (at: number, page: string) => ({ at, page });
    const clicks = [place.write([visit(1, 'a'), visit(2, 'b')]), place.write([visit(3, 'a')])];
    const orders = place.write([visit(4, 'a')], 'orders.jsonl');
    const output = place.output();
    const inputs = [`clicks=${clicks[0]}`, `clicks=${clicks[1]}`, `orders=${orders}`];
    expect(await called('run', SHOP, '--input', ...inputs, '--output', output)).toEqual({
      code: 0,
      err: '',
      out: [
        'shop: 4 lines read in N s (N/s)',
        '  per-page: 4 lines, 0 filtered out, 0 late, 0 dead letters',
        '  OUT/per-page.jsonl: 2 lines',
        '  OUT/busiest.jsonl: 1 lines',
        '  OUT/dead-letters.jsonl: 0 lines',
        '',
      ].join('\n'),
    });
    expect(linesOf(output, 'busiest.jsonl')).toEqual([
      '{"key":"all","windowStart":0,"windowEnd":10000,"value":3}',
    ]);
  });

  test.each`
    args                                                                         | said
    ${['run', 'no.ts', '--input', 'x', '--output', 'y']}                         | ${"there is no file 'no.ts'"}
    ${['run', 'EMPTY', '--input', 'x', '--output', 'y']}                         | ${'has no default export'}
    ${['run', 'NAMED', '--input', 'x', '--output', 'y']}                         | ${'Name one that is, with --export: clicks, views.'}
    ${['run', 'BROKEN', '--input', 'x', '--output', 'y']}                        | ${'cannot be loaded: out of luck'}
    ${['run', 'NUMBER', '--input', 'x', '--output', 'y']}                        | ${'is not a pipeline'}
    ${['run', PIPELINE, '--input', 'x/*.jsonl', '--output', 'y']}                | ${"no file matches 'x/*.jsonl'"}
    ${['run', PIPELINE, '--input', 'x.jsonl', '--output', 'y']}                  | ${"there is no file 'x.jsonl'"}
    ${['run', PIPELINE, '--input', 'clicks=x', '--output', 'y']}                 | ${"there is no file 'x'"}
    ${['run', PIPELINE, '--input', `bus=${PIPELINE}`, '--output', 'y']}          | ${'no stream is named bus\nThe plan has clicks.'}
    ${['run', SHOP, '--input', `bus=${PIPELINE}`, '--output', 'y']}              | ${'no stream is named bus\nThe plan has clicks, orders.'}
    ${['run', PIPELINE, '--input', 'no=such/file', '--output', 'y']}             | ${'no stream is named no'}
    ${['run', SHOP, '--input', 'x.jsonl', '--output', 'y']}                      | ${'Write it as stream=files; the streams are: clicks, orders.'}
    ${['run', SHOP, '--input', `clicks=${PIPELINE}`, '--output', 'y']}           | ${'there is no input for the stream orders'}
    ${['run', PIPELINE, '--input', '.', '--output', 'y']}                        | ${"'.' is a folder"}
    ${['run', PIPELINE, '--output', 'y']}                                        | ${"required option '--input <files...>' not specified"}
    ${['run', PIPELINE, '--input', 'x']}                                         | ${"required option '--output <folder>' not specified"}
    ${['run', '--output', 'y', '--input', 'x', PIPELINE]}                        | ${'Name the pipeline before the options'}
    ${['run', PIPELINE, 'more', '--input', 'x', '--output', 'y']}                | ${'too many arguments'}
    ${['run', PIPELINE, '--memory-limit', '12']}                                 | ${'It takes a size of at least 1MB'}
    ${['run', PIPELINE, '--memory-limit', '1KB']}                                | ${'It takes a size of at least 1MB'}
    ${['run', PIPELINE, '--input', 'x', '--output', 'y', '--fresh', '--resume']} | ${'cannot be used with'}
    ${['walk']}                                                                  | ${"unknown command 'walk'"}
    ${[]}                                                                        | ${'no command was given'}
    ${['init']}                                                                  | ${"missing required argument 'folder'\nRun with --help"}
    ${['describe']}                                                              | ${'Name the pipeline before the options'}
    ${['describe', PIPELINE, '--format', 'svg']}                                 | ${'Allowed choices are text, json, mermaid'}
  `('refuses $args: $said', async ({ args, said }) => {
    const modules = madeModules();
    const { code, err, out } = await called(...args.map((arg: string) => modules[arg] ?? arg));
    expect(err).toContain(said);
    expect(err).toMatch(/^error: .*\n.*\n$/);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  test.each([
    [
      'that cannot be read',
      () => [place.write(['{}']), place.path('cut.jsonl.gz')],
      'cannot be read from line 1 on',
    ],
  ])('fails over a file %s', async (_, files, said) => {
    writeFileSync(place.path('cut.jsonl.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
    const { code, err } = await called(
      ...['run', PIPELINE, '--input', ...files(), '--output', place.output()],
    );
    expect(err).toContain(said);
    expect(code).toBe(1);
  });

  test('tells what a function of the pipeline threw', async () => {
    const file = place.write([{ at: 0 }]);
    const { code, err } = await called(
      ...['run', madeModules().THROWING ?? '', '--input', file, '--output', place.output()],
    );
    expect(err).toMatch(
      /^error: onEvent of stage p threw Error at 1970-.*\nError: out of luck\nNothing is lost: .*\n$/,
    );
    expect(code).toBe(1);
  });

  test('fails where it cannot write', async () => {
    const file = place.write([click(1, '/')]);
    const { code, err } = await called('run', PIPELINE, '--input', file, '--output', file);
    expect(err).toContain('cannot be written to');
    expect(code).toBe(1);
  });

  test('ends at Ctrl-C with what to do, and the next one goes on', async () => {
    const line = JSON.stringify(click(1, '/'));
    const file = place.write(Array.from({ length: 500_000 }, () => line));
    const output = place.output();
    const args = ['run', PIPELINE, '--input', file, '--output', output, '--memory-limit', '1MB'];
    const { code, stderr } = await child(args, 'SIGINT');
    expect(stderr).toContain('error: the run was interrupted\nRun the same again to go on');
    expect(code).toBe(130);
    // In a process like the first one: another loader writes the plan's functions otherwise.
    expect((await child(args)).stdout).toContain('clickstream: resumed, ');
    expect(linesOf(output, 'page-clicks.jsonl')).toEqual([expect.stringContaining('500000')]);
  });
});

describe('tidemark describe', () => {
  test.each([
    ['text', 'pipeline clickstream\n  stream clicks\n'],
    ['json', '{\n  "pipeline": "clickstream",\n'],
    ['mermaid', 'flowchart LR\n'],
  ])('as %s', async (format, beginning) => {
    const { code, out } = await called('describe', PIPELINE, '--format', format);
    expect(out.startsWith(beginning)).toBe(true);
    expect(code).toBe(0);
  });

  test('takes the only plan where there is no default export', async () => {
    const { ONLY = '' } = madeModules();
    expect(await called('describe', ONLY)).toEqual({ code: 0, out: 'pipeline p\n', err: '' });
  });

  test('shows how the stages of a chain hang together', async () => {
    const { out } = await called('describe', SHOP, '--format', 'mermaid');
    expect(out.split('\n').slice(7, -1)).toEqual([
      '  stream0 -->|"keyBy"| stage0',
      '  stream1 -->|"keyBy"| stage0',
      '  stage0 --> sink0',
      '  stage0 -->|"keyBy"| stage1',
      '  stage1 --> sink1',
    ]);
    expect((await called('describe', SHOP)).out).toContain('from       per-page > keyBy');
  });
});

test('a module that imports as JavaScript what is there as TypeScript is told so', () => {
  const module = place.path('importing.mjs');
  writeFileSync(module, "import './events.js';");
  const failure = (): Error => loadFailure('importing.mjs', nodesError(module));
  expect(failure().message).toContain('Cannot find module');
  writeFileSync(place.path('events.ts'), '');
  expect(failure()).toMatchObject({
    code: 'PLAN_MISSING',
    message:
      "'importing.mjs' cannot be loaded: it imports 'events.js', and there is only 'events.ts'",
    hint: expect.stringMatching(/^Import '\.\/events\.ts', .* --import tsx /),
  });
});

/** What node itself throws: the loader of these tests finds TypeScript for JavaScript. */
function nodesError(module: string): unknown {
  const code = `import(${JSON.stringify(module)}).catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;
  const { stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  const { message, ...rest } = JSON.parse(stdout);
  return Object.assign(new Error(message), rest);
}

test('--version says which one it is', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(await called('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('a file whose name has = in it is a file', async () => {
  const file = place.write([click(1, '/')], 'day=1.jsonl');
  const before = process.cwd();
  process.chdir(path.dirname(file));
  try {
    const { out } = await called(
      'run',
      PIPELINE,
      '--input',
      'day=1.jsonl',
      '--output',
      place.output(),
    );
    expect(out).toContain('1 lines read');
  } finally {
    process.chdir(before);
  }
});

test('--resume where there is nothing leaves nothing', async () => {
  const file = place.write([click(1, '/')]);
  const output = place.output();
  const { code, err } = await called(
    'run',
    PIPELINE,
    '--input',
    file,
    '--output',
    output,
    '--resume',
  );
  expect(err).toContain(`there is no run in '${output}' to go on with`);
  expect(code).toBe(1);
  expect(existsSync(output)).toBe(false);
});

test.each([
  ['begun', 3_000, 'p: 3,000 lines read in 2.0 s (1,500/s)'],
  ['resumed', 3_000, 'p: resumed, the last 3,000 lines read in 2.0 s (1,500/s)'],
  ['resumed', 0, 'p: resumed after the last line, done in 2.0 s'],
  ['finished', 0, 'p: finished before; --fresh runs it again'],
] as const)('a run that was %s and read %i lines', (went, records, line) => {
  expect(headline({ summary: { pipeline: 'p' }, went, records, elapsedMs: 2_000 })).toBe(line);
});

test.each([
  [['--help'], ['run [options] <pipeline>', 'describe [options] <pipeline>']],
  [
    ['run', '--help'],
    ['--input', '--output', '--arrival', '--resume', '--fresh', 'Exit codes:'],
  ],
  [
    ['describe', '--help'],
    ['--format', 'mermaid'],
  ],
])('%s explains', async (args, said) => {
  const { code, out } = await called(...args);
  for (const text of said) expect(out).toContain(text);
  expect(code).toBe(0);
});

/** Runs in this process; times become N, the output folder OUT. */
async function called(...args: string[]) {
  const written = { out: '', err: '' };
  const screen = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const code = await tidemark(args, {
    out: screen('out'),
    err: screen('err'),
    now: () => performance.now(),
    signal: new AbortController().signal,
  });
  const output = args[args.indexOf('--output') + 1] ?? '';
  const out = written.out
    .replaceAll(`${output}${path.sep}`, 'OUT/')
    .replace(/in [\d.]+ s \([\d,]+\/s\)/, 'in N s (N/s)');
  return { code, out, err: written.err };
}

function madeModules(): Record<string, string> {
  const sources: Record<string, string> = {
    EMPTY: '',
    NUMBER: 'export default 7;',
    BROKEN: "throw new Error('out of luck');",
    THROWING: `
      import { pipeline, table } from '${path.resolve(import.meta.dirname, '../../../src/index.ts')}';
      const validate = (value) => ({ value });
      const schema = { '~standard': { version: 1, vendor: 'test', validate } };
      export default pipeline('p')
        .stream('s', { schema, timestamp: ({ at }) => at, outOfOrderness: 0 })
        .keyBy(() => 'k')
        .process({ name: 'p', onEvent: () => { throw new Error('out of luck'); } })
        .to(table('none'));
    `,
    NAMED: `
      export const clicks = { name: 'p', sources: [], stages: [] };
      export const views = { name: 'q', sources: [], stages: [] };
      export const other = 7;
    `,
    ONLY: `
      export const clicks = { name: 'p', sources: [], stages: [] };
      export const again = clicks;
      export const stream = {};
    `,
  };
  mkdirSync(place.path('modules'), { recursive: true });
  const made = Object.entries(sources).map(([name, source]) => {
    const file = place.path(`modules/${name}.mjs`);
    writeFileSync(file, source);
    return [name, file];
  });
  return Object.fromEntries(made);
}

/** A real process; a signal is sent to it when it has begun to work. */
function child(args: readonly string[], signal?: NodeJS.Signals) {
  const script = path.resolve(import.meta.dirname, '../../../src/cli/tidemark.ts');
  const flags = ['--conditions=tidemark-source', '--import', 'tsx', script];
  const running = spawn(process.execPath, [...flags, ...args]);
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    running[name].on('data', (data) => {
      told[name] += String(data);
    });
  }
  const lock = path.join(args[args.indexOf('--output') + 1] ?? '', '.tidemark', 'lock');
  const poll = setInterval(() => {
    if (signal === undefined || !existsSync(lock)) return;
    clearInterval(poll);
    running.kill(signal);
  }, 5);
  return new Promise<typeof told & { code: number | null }>((resolve) => {
    running.on('close', (code) => {
      clearInterval(poll);
      resolve({ ...told, code });
    });
  });
}
