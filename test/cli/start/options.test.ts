import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseOptions, type StartOptions } from '../../../src/cli/start/options.ts';

let folder = '';
let file = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-options-'));
  file = path.join(folder, 'events.jsonl');
  writeFileSync(file, '{"page":"/"}\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('defaults', () => {
  test('generated traffic goes on for ever at 60 times real time', () => {
    expect(run()).toEqual({
      input: undefined,
      outOfOrdernessMs: 30_000,
      windowMs: 300_000,
      speed: 60,
      filterAction: 'click',
      exit: false,
      json: undefined,
      seed: 1,
      events: undefined,
      shards: 4,
      batchSize: 1_000,
      endpoints: { kinesis: undefined, dynamodb: undefined },
      console: { port: 8642, isDefault: true },
      alone: false,
    });
  });

  test.each([
    [[], { port: 8642, isDefault: true }],
    [['--port', '0'], { port: 0, isDefault: false }],
    [['--no-console'], undefined],
    [['--no-console', '--port', '1'], undefined],
    [['--exit'], undefined],
    [['--exit', '--port', '9000'], { port: 9000, isDefault: false }],
  ])('%j serves the page on %j', (args, console) => {
    expect(run(...args).console).toEqual(console);
  });

  test('with --exit it ends after 20,000 events, or as many as asked for', () => {
    expect(run('--exit').events).toBe(20_000);
    expect(run('--exit', '--events', '500').events).toBe(500);
  });

  test('a file is played to its end, as fast as possible', () => {
    expect(run('--input', file, '--exit')).toMatchObject({
      input: file,
      speed: 'max',
      events: undefined,
    });
    expect(run('--input', file, '--speed', '2.5').speed).toBe(2.5);
  });

  test('the options are frozen', () => {
    expect(Object.isFrozen(run())).toBe(true);
  });
});

test.each`
  text       | ms
  ${'500ms'} | ${500}
  ${'30s'}   | ${30_000}
  ${'5m'}    | ${300_000}
  ${'1.5h'}  | ${5_400_000}
  ${'0.1s'}  | ${100}
  ${'2d'}    | ${172_800_000}
`('$text is a duration of $ms ms', ({ text, ms }) => {
  expect(run('--window', text).windowMs).toBe(ms);
  expect(run('--out-of-orderness', text).outOfOrdernessMs).toBe(ms);
});

test('nothing may be out of order, but no window is empty', () => {
  expect(run('--out-of-orderness', '0s').outOfOrdernessMs).toBe(0);
  expect(refusal('--window', '0s')).toContain("'0s' is invalid");
});

test('every option reaches its field', () => {
  const argv = '--filter-action view --seed 7 --shards 2 --batch-size 10 --speed max'.split(' ');
  const json = path.join(folder, 'out.json');
  expect(run(...argv, '--json', json)).toMatchObject({
    filterAction: 'view',
    seed: 7,
    shards: 2,
    batchSize: 10,
    speed: 'max',
    json,
  });
});

describe('endpoints', () => {
  test('a flag goes before a variable of one service, that before the one of all', () => {
    const env = { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_KINESIS: 'http://kinesis:2' };
    expect(run([], env).endpoints).toEqual({
      kinesis: 'http://kinesis:2',
      dynamodb: 'http://all:1',
    });
    expect(run(['--endpoint-url', 'http://flag:3'], env).endpoints).toEqual({
      kinesis: 'http://flag:3',
      dynamodb: 'http://flag:3',
    });
  });

  test('one service may be embedded beside the other', () => {
    const env = { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb:4' };
    expect(run([], env).endpoints).toEqual({ kinesis: undefined, dynamodb: 'http://dynamodb:4' });
  });

  test('what is no URL is refused by the name that it came under', () => {
    expect(refusal([], { AWS_ENDPOINT_URL: 'localhost:4566' })).toContain(
      "AWS_ENDPOINT_URL 'localhost:4566' is no URL",
    );
  });
});

test.each`
  argv                               | said
  ${['--nonsense']}                  | ${"unknown option '--nonsense'"}
  ${['file.jsonl']}                  | ${'too many arguments'}
  ${['--window']}                    | ${'argument missing'}
  ${['--window', '5 parsecs']}       | ${"'5 parsecs' is invalid. It takes a duration"}
  ${['--window', '0.0001ms']}        | ${'is invalid'}
  ${['--window', '5']}               | ${'is invalid'}
  ${['--out-of-orderness', '-1s']}   | ${'is invalid'}
  ${['--speed', '0']}                | ${"It takes 'max' or a number above 0"}
  ${['--speed', 'fast']}             | ${"'fast' is invalid"}
  ${['--seed', '1.5']}               | ${'whole number from 0 to 4294967295'}
  ${['--events', '0']}               | ${'whole number of at least 1'}
  ${['--shards', '0']}               | ${'whole number from 1 to 500'}
  ${['--batch-size', '10001']}       | ${'whole number from 1 to 10000'}
  ${['--batch-size', '1e3']}         | ${'is invalid'}
  ${['--filter-action', '']}         | ${'is invalid'}
  ${['--input', '/no/such.jsonl']}   | ${"there is no file '/no/such.jsonl'"}
  ${['--input', tmpdir()]}           | ${'is a folder'}
  ${['--json', '/no/such/out.json']} | ${"there is no folder '/no/such'"}
  ${['--json', tmpdir()]}            | ${'is a folder'}
`('$argv is refused: $said', ({ argv, said }) => {
  expect(refusal(...argv)).toContain(said);
});

test('what contradicts itself is refused', () => {
  expect(refusal('--input', file, '--events', '5')).toContain('cannot be used with');
  expect(refusal('--input', file, '--json', file)).toContain('would overwrite the input');
});

test('a refusal is one message of two lines, without a stack', () => {
  const parsed = parseOptions(['--nonsense'], {});
  expect(parsed).toEqual({
    kind: 'stop',
    exitCode: 2,
    stream: 'stderr',
    text: "error: unknown option '--nonsense'\nRun with --help for the options.\n",
  });
});

test('--help names every option and ends well', () => {
  const parsed = parseOptions(['--help'], {});
  if (parsed.kind !== 'stop') throw new Error('help does not run anything');
  expect(parsed).toMatchObject({ exitCode: 0, stream: 'stdout' });
  const flags =
    'input out-of-orderness window speed filter-action exit json seed events shards batch-size endpoint-url';
  for (const flag of flags.split(' ')) expect(parsed.text).toContain(`--${flag}`);
});

type Environment = Record<string, string>;

function parsed(args: readonly (string | string[] | Environment)[]) {
  const argv = args.flatMap((arg) => (typeof arg === 'string' || Array.isArray(arg) ? arg : []));
  const env = args.find((arg) => typeof arg === 'object' && !Array.isArray(arg)) ?? {};
  return parseOptions(argv, env as Environment);
}

function run(...args: (string | string[] | Environment)[]): StartOptions {
  const result = parsed(args);
  if (result.kind === 'stop') throw new Error(result.text);
  return result.options;
}

function refusal(...args: (string | string[] | Environment)[]): string {
  const result = parsed(args);
  if (result.kind === 'run') throw new Error('nothing was refused');
  expect(result).toMatchObject({ exitCode: 2, stream: 'stderr' });
  return result.text;
}
