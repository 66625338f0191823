import { Template } from 'aws-cdk-lib/assertions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { App, Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Pipeline, tableLookup } from '../../src/cdk/index.ts';
import { lateEvents, MINUTES, pipeline, rowsOf, TumblingWindow, table } from '../../src/index.ts';
import { pipelineWith } from './synth.ts';

interface Names {
  readonly sources?: readonly string[];
  readonly sink?: string;
  readonly late?: string;
  readonly stage?: string;
}

const EVENTS = {
  schema: z.object({ at: z.number() }),
  timestamp: ({ at }: { readonly at: number }) => at,
  outOfOrderness: 0,
};

const planOf = ({
  sources = ['clicks'],
  sink = 'counts',
  late = 'late',
  stage = 'n',
}: Names = {}) => {
  const named = pipeline('named');
  return sources
    .map((source) => named.stream(source, EVENTS))
    .reduce((one, other) => one.merge(other))
    .keyBy(({ at }) => at)
    .window(TumblingWindow.of(1, MINUTES))
    .sideOutput(lateEvents(late))
    .count({ name: stage })
    .to(table(sink));
};

describe('what a plan calls its streams and tables', () => {
  test('may be what the construct calls its parts', () => {
    const ofOne = pipelineWith(() => ({ plan: planOf() }));
    const sources = ofOne.made.node.children.map(({ node }) => node.id);
    expect(sources).toContain('Gather');
    const { made } = pipelineWith((stack) => ({
      plan: planOf({ sources }),
      sources: Object.fromEntries(
        sources.map((source) => [source, new Stream(stack, `S${source}`, { shardCount: 1 })]),
      ),
    }));
    expect(made.sources.map(({ name }) => name)).toEqual(sources);
  });

  test.each`
    sink              | late              | watched
    ${'counts'}       | ${'late'}         | ${['counts', 'late']}
    ${'state'}        | ${'control'}      | ${['results:state', 'late:control']}
    ${'same'}         | ${'same'}         | ${['same', 'late:same']}
    ${'dead-letters'} | ${'dead-letters'} | ${['results:dead-letters', 'late:dead-letters']}
  `('may be alike: $sink and $late are all watched', ({ sink, late, watched }) => {
    const { made } = pipelineWith(() => ({ plan: planOf({ sink, late }) }));
    const tables = [...watched, 'dead-letters'];
    expect(Object.keys(made.sinkTables)).toEqual(tables);
    expect(new Set(Object.values(made.sinkTables)).size).toBe(tables.length);
    const ids = made.alarms?.alarms.map(({ node }) => node.id) ?? [];
    const throttles = ['control', 'state', ...tables].map((name) => `WriteThrottles-${name}`);
    expect(ids.filter((id) => id.startsWith('WriteThrottles'))).toEqual(throttles);
  });
});

describe('what lies elsewhere is refused', () => {
  const stackIn = (region: string) =>
    new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Here', {
      env: { account: '111122223333', region },
    });
  const looking = pipeline('looking')
    .stream('clicks', EVENTS)
    .lookup(rowsOf('pages', { schema: z.object({}) }), { key: ({ at }) => at })
    .to(table('counts'));

  test.each<[string, string, (stack: Stack, arn: (service: string) => string) => object]>([
    [
      'a stream',
      'stream of "clicks"',
      (stack, arn) => ({ sources: { clicks: stream(stack, arn) } }),
    ],
    [
      'a table of results',
      'table for "counts"',
      (stack, arn) => ({ sinks: { counts: there(stack, arn) } }),
    ],
    [
      'a table of rows',
      'table for "pages"',
      (stack, arn) => ({
        plan: looking,
        lookups: { pages: tableLookup(there(stack, arn), { keyAttribute: 'id' }) },
      }),
    ],
    [
      'a control table',
      'control table',
      (stack, arn) => ({
        stateTables: { control: there(stack, arn), state: there(stack, arn, 'S') },
      }),
    ],
  ])('%s', (_, what, change) => {
    const make = (arn: (service: string) => string) => () => {
      const stack = stackIn('eu-west-1');
      const sources = { clicks: new Stream(stack, 'Clicks', { shardCount: 1 }) };
      return new Pipeline(stack, 'Pipeline', {
        plan: planOf(),
        entry: 'functions/clickstream/handler.ts',
        sources,
        ...change(stack, arn),
      });
    };
    const refused = (place: string) =>
      expect.objectContaining({
        code: 'RESOURCE_ELSEWHERE',
        message: expect.stringMatching(
          `the ${what} lies in the ${place}, and the functions run in`,
        ),
      });
    const arnIn = (region: string, account: string) => (service: string) =>
      `arn:aws:${service.split(':')[0]}:${region}:${account}:${service.split(':')[1]}/there`;
    expect(make(arnIn('us-east-1', '111122223333'))).toThrow(refused('region us-east-1'));
    expect(make(arnIn('eu-west-1', '444455556666'))).toThrow(refused('account 444455556666'));
    if (what !== 'control table') expect(make(arnIn('eu-west-1', '111122223333'))).not.toThrow();
  });

  const stream = (stack: Stack, arn: (service: string) => string) =>
    Stream.fromStreamArn(stack, 'There', arn('kinesis:stream'));
  const there = (stack: Stack, arn: (service: string) => string, id = 'There') =>
    TableV2.fromTableArn(stack, id, arn('dynamodb:table'));
});

describe('what is given twice is refused', () => {
  test('a stream as two sources', () => {
    const both = pipeline('twice');
    const plan = both
      .stream('left', EVENTS)
      .keyBy(({ at }) => at)
      .join(
        both.stream('right', EVENTS).keyBy(({ at }) => at),
        { name: 'pairs', after: 1 * MINUTES },
      )
      .to(table('pairs'));
    const make = () => pipelineWith((_, left) => ({ plan, sources: { left, right: left } }));
    expect(make).toThrow(
      expect.objectContaining({
        code: 'SOURCE_DUPLICATE',
        message: expect.stringContaining('"left" and "right"'),
      }),
    );
  });

  test('a pair of state tables to two pipelines with a stage of the same name', () => {
    const { stack, made } = pipelineWith(() => ({ plan: planOf() }));
    const another = (id: string, stage: string) => () =>
      new Pipeline(stack, id, {
        plan: planOf({ stage }),
        entry: 'functions/clickstream/handler.ts',
        sources: { clicks: new Stream(stack, `${id}Clicks`, { shardCount: 1 }) },
        stateTables: made,
      });
    expect(another('Second', 'n')).toThrow(
      expect.objectContaining({
        code: 'STAGE_DUPLICATE',
        message: expect.stringContaining('the pipeline Test/Pipeline keeps a stage "n"'),
      }),
    );
    expect(another('Third', 'other')).not.toThrow();
  });
});

test.each`
  region             | service
  ${'eu-west-1'}     | ${'logs.eu-west-1.amazonaws.com'}
  ${'us-gov-west-1'} | ${'logs.us-gov-west-1.amazonaws.com'}
  ${'cn-north-1'}    | ${'logs.cn-north-1.amazonaws.com.cn'}
`(
  'CloudWatch Logs may use the key under the name that it has in $region',
  ({ region, service }) => {
    const { stack } = pipelineWith((scope) => ({ encryptionKey: new Key(scope, 'Mine') }), region);
    const keys = JSON.stringify(Template.fromStack(stack).findResources('AWS::KMS::Key'));
    expect(keys).toContain(`"Service":"${service}"`);
  },
);
