import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type EnvironmentOptions, fromEnvironment, type Resource } from '../../src/aws.ts';
import { lambdaHandler } from '../../src/runtime/lambda/index.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { memoryLog } from '../../src/testing/memory-log.ts';
import { clicksPlan } from './plan.ts';

const RESOURCES = {
  control: 'control-table',
  state: 'state-table',
  deadLetters: { kind: 'table', name: 'dead-table' },
  sources: { clicks: { kind: 'kinesis', name: 'clicks-stream' } },
  sinks: { 'page-clicks': { kind: 'table', name: 'pages-table' } },
  lateEvents: { 'late-clicks': { kind: 'table', name: 'late-table' } },
  lookups: { users: { kind: 'table', name: 'users-table', keyAttribute: 'id' } },
};

const env = (change: object = {}) => ({
  TIDEMARK_RESOURCES: JSON.stringify({ ...RESOURCES, ...change }),
});

const open = (change: object = {}, options: EnvironmentOptions = {}) =>
  fromEnvironment(clicksPlan(), { env: env(change), ...options });

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
});

describe('what a deployment tells', () => {
  test('is enough for a handler', () => {
    const opened = open();
    expect(opened.sources.clicks?.streamName).toBe('clicks-stream');
    expect(Object.keys(opened.sinks)).toEqual(['page-clicks']);
    expect(Object.keys(opened.lateEvents)).toEqual(['late-clicks']);
    expect(lambdaHandler(clicksPlan(), opened)).toBeTypeOf('function');
  });

  test('may have a name, by which its handler is watched', () => {
    expect(open()).not.toHaveProperty('pipelineName');
    expect(open({ pipeline: 'dev/Clicks' }).pipelineName).toBe('dev/Clicks');
    expect(() => open({ pipeline: 7 })).toThrow('names a pipeline that is no text');
  });

  test('is read from the environment of the process', () => {
    vi.stubEnv('TIDEMARK_RESOURCES', env().TIDEMARK_RESOURCES);
    expect(fromEnvironment(clicksPlan()).sources.clicks?.streamName).toBe('clicks-stream');
  });

  test('may hold more than the plan asks for', () => {
    const sinks = { ...RESOURCES.sinks, other: { kind: 'unheard-of', name: 'x' } };
    expect(Object.keys(open({ sinks }).sinks)).toEqual(['page-clicks']);
  });

  test('may be of kinds that somebody else opens', () => {
    const seen: Resource[] = [];
    const noting =
      <T>(port: T) =>
      (resource: Resource): T => {
        seen.push(resource);
        return port;
      };
    const log = { ...memoryLog(() => 0), streamName: 's', laneOf: async (id: string) => id };
    const sink = memorySink();
    const letters = memoryDeadLetters();
    const opened = open(
      {
        deadLetters: { kind: 'queue', name: 'q' },
        sources: { clicks: { kind: 'topic', name: 't', partition: '3' } },
        sinks: { 'page-clicks': { kind: 'bucket', name: 'b' } },
      },
      {
        sources: { topic: noting(log) },
        sinks: { bucket: noting(sink) },
        letters: { queue: noting(letters) },
      },
    );
    expect(opened).toMatchObject({
      sources: { clicks: log },
      sinks: { 'page-clicks': sink },
      deadLetters: letters,
    });
    expect(seen).toEqual([
      { kind: 'queue', name: 'q' },
      { kind: 'topic', name: 't', partition: '3' },
      { kind: 'bucket', name: 'b' },
    ]);
  });
});

describe('is refused', () => {
  const source = { kind: 'kinesis', name: 'x' };
  test.each<[string, object, string, string]>([
    ['without a source of the plan', { sources: {} }, 'SOURCE_MISSING', '"clicks"'],
    ['without a sink of the plan', { sinks: {} }, 'SINK_MISSING', '"page-clicks"'],
    ['without a place for late events', { lateEvents: {} }, 'SINK_MISSING', '"late-clicks"'],
    ['with a name from a prototype', { sources: { toString: source } }, 'SOURCE_MISSING', 'clicks'],
    [
      'with a source of an unknown kind',
      { sources: { clicks: { kind: 'toString', name: 'x' } } },
      'SOURCE_MISSING',
      'of kind "toString", which nothing opens',
    ],
    [
      'with letters of an unknown kind',
      { deadLetters: { kind: 'queue', name: 'x' } },
      'SINK_MISSING',
      'of kind "queue"',
    ],
    ['without a control table', { control: undefined }, 'ENVIRONMENT_INVALID', 'control table'],
    ['without a state table', { state: 1 }, 'ENVIRONMENT_INVALID', 'state table'],
    ['without dead letters', { deadLetters: 'dead' }, 'ENVIRONMENT_INVALID', 'dead letters'],
    [
      'with a source without a kind',
      { sources: { clicks: 'x' } },
      'ENVIRONMENT_INVALID',
      'sources',
    ],
    ['without lookups', { lookups: undefined }, 'ENVIRONMENT_INVALID', 'lookups'],
    ['with sinks in a list', { sinks: [] }, 'ENVIRONMENT_INVALID', 'sinks'],
  ])('%s', (_, change, code, message) => {
    expect(() => open(change)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test.each([
    ['not set', {}],
    ['no JSON', { TIDEMARK_RESOURCES: '{' }],
    ['no object', { TIDEMARK_RESOURCES: '[]' }],
  ])('when the variable is %s', (_, unusable) => {
    expect(() => fromEnvironment(clicksPlan(), { env: unusable })).toThrow(
      expect.objectContaining({
        code: 'ENVIRONMENT_INVALID',
        hint: expect.stringContaining('tidemark/cdk'),
      }),
    );
  });
});
