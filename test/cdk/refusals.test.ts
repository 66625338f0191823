import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnStream, Stream, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { CfnParameter, Duration, type Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import { kinesisSource, type PipelineProps } from '../../src/cdk/index.ts';
import type { Plan } from '../../src/index.ts';
import { clicksPlan } from '../aws/plan.ts';
import { pipelineWith } from './synth.ts';

const refusal = (code: string, message: string, hint: string) =>
  expect.objectContaining({
    name: 'ConfigurationError',
    code,
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });

test('a construct of what is no plan is refused', () => {
  for (const plan of [undefined, 'clicks', {}] as never[]) {
    expect(() => pipelineWith(() => ({ plan }))).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', fact: expect.stringContaining('construct') }),
    );
  }
});

describe('a pipeline is refused', () => {
  const other = (stack: ConstructorParameters<typeof Stream>[0]) => new Stream(stack, 'Other');

  test.each<[string, Parameters<typeof pipelineWith>[0], ReturnType<typeof refusal>]>([
    [
      'without a source of the plan',
      () => ({ sources: {} }),
      refusal('SOURCE_MISSING', '"clicks"', 'sources: { "clicks": stream }'),
    ],
    [
      'with a source that the plan does not have',
      (stack, clicks) => ({ sources: { clicks, visits: other(stack) } }),
      refusal('SOURCE_UNKNOWN', '"visits"', 'Choose from clicks'),
    ],
    [
      'with a sink that the plan does not have',
      (stack) => ({ sinks: { pages: table(stack, ['key', 'windowStart']) } }),
      refusal('SINK_UNKNOWN', '"pages"', 'Choose from page-clicks'),
    ],
    [
      'with a place for late events that the plan does not have',
      (stack) => ({ lateEvents: { late: table(stack, ['lane', 'position']) } }),
      refusal('SINK_UNKNOWN', '"late"', 'Choose from late-clicks'),
    ],
    [
      'with a table that is keyed otherwise',
      (stack) => ({ sinks: { 'page-clicks': table(stack, ['key', 'position']) } }),
      refusal('TABLE_KEY', 'key (S), position (S)', 'key (S), windowStart (N)'),
    ],
    [
      'with a sink of a kind that is not created by itself',
      () => ({ plan: withSinkKind('webhook') }),
      refusal('SINK_MISSING', '"page-clicks" is of kind "webhook"', 'sinks: { "page-clicks"'),
    ],
    [
      'with fewer invocations than shards',
      () => ({ gather: { reservedConcurrentExecutions: 3 } }),
      refusal('CONCURRENCY_TOO_LOW', '4 shards', 'at least 4'),
    ],
    [
      'with fewer invocations than the shards of all its streams',
      (stack, clicks) => ({
        plan: withSource('visits'),
        sources: { clicks, visits: kinesisSource(other(stack), { shards: 2 }) },
        gather: { reservedConcurrentExecutions: 5 },
      }),
      refusal('CONCURRENCY_TOO_LOW', '6 shards', 'at least 6'),
    ],
    [
      'with reserved invocations for a stream of unknown size',
      (stack) => ({
        sources: { clicks: Stream.fromStreamArn(stack, 'There', ARN) },
        gather: { reservedConcurrentExecutions: 100 },
      }),
      refusal('CONCURRENCY_TOO_LOW', 'nobody knows how many shards', 'shards: 4'),
    ],
    [
      'with reserved invocations for a stream that grows by itself',
      (stack) => ({
        sources: { clicks: new Stream(stack, 'Growing', { streamMode: StreamMode.ON_DEMAND }) },
        gather: { reservedConcurrentExecutions: 100 },
      }),
      refusal('CONCURRENCY_TOO_LOW', 'nobody knows how many shards', 'shards: 4'),
    ],
    [
      'with reserved invocations for a stream whose size is decided on deployment',
      (stack) => ({
        sources: { clicks: new Stream(stack, 'Sized', { shardCount: chosenLater(stack) }) },
        gather: { reservedConcurrentExecutions: 1 },
      }),
      refusal('CONCURRENCY_TOO_LOW', 'nobody knows how many shards', 'shards: 4'),
    ],
    [
      'with reserved invocations for shards whose number is decided on deployment',
      (stack) => ({
        sources: {
          clicks: kinesisSource(Stream.fromStreamArn(stack, 'There', ARN), {
            shards: chosenLater(stack),
          }),
        },
        gather: { reservedConcurrentExecutions: 1 },
      }),
      refusal('CONCURRENCY_TOO_LOW', 'nobody knows how many shards', 'shards: 4'),
    ],
    [
      'with one invocation for firing and ticking',
      () => ({ fire: { reservedConcurrentExecutions: 1 } }),
      refusal('CONCURRENCY_TOO_LOW', 'fires', 'at least 2'),
    ],
    [
      'with a tick that no schedule knows',
      () => ({ tickEvery: Duration.seconds(30) }),
      refusal('SCHEDULE_INVALID', '30000 ms', 'whole minutes'),
    ],
    [
      'with a tick so rare that no alarm could watch it',
      () => ({ tickEvery: Duration.minutes(61), alarms: false }),
      refusal('SCHEDULE_INVALID', '3660000 ms', 'an hour at most'),
    ],
    [
      'with a control table that has no stream',
      (stack) => ({
        stateTables: {
          control: table(stack, ['pk', 'sk']),
          state: table(stack, ['pk', 'sk'], 'S2'),
        },
      }),
      refusal('SOURCE_MISSING', 'no stream', 'NEW_IMAGE'),
    ],
    [
      'with a key of one’s own in a stack of any region',
      (stack) => ({ encryptionKey: new Key(stack, 'Key') }),
      refusal('REGION_UNKNOWN', 'key', 'env'),
    ],
    [
      'with a mapping that no stream would have',
      (_, clicks) => ({ sources: { clicks: kinesisSource(clicks) }, mapping: { batchSize: 7 } }),
      refusal('MAPPING_INVALID', 'source clicks', 'kinesisSource(stream'),
    ],
  ])('%s', (_, change, expected) => {
    expect(() => pipelineWith(change)).toThrow(expected);
  });

  test('but not with enough invocations', () => {
    const change = (): Partial<PipelineProps> => ({
      gather: { reservedConcurrentExecutions: 4 },
      fire: { reservedConcurrentExecutions: 2 },
    });
    expect(() => pipelineWith(change)).not.toThrow();
  });

  test.each<[string, Parameters<typeof pipelineWith>[0]]>([
    [
      'the retention of a stream',
      (stack, clicks) => {
        const { defaultChild } = clicks.node;
        if (defaultChild instanceof CfnStream) {
          defaultChild.retentionPeriodHours = chosenLater(stack);
        }
        return {};
      },
    ],
    [
      'the retention that is given',
      (stack, clicks) => ({
        sources: {
          clicks: kinesisSource(clicks, { retention: Duration.hours(chosenLater(stack)) }),
        },
      }),
    ],
    [
      'what is reserved',
      (stack) => ({
        gather: { reservedConcurrentExecutions: chosenLater(stack) },
        fire: { reservedConcurrentExecutions: 2 },
      }),
    ],
  ])('and not where %s is decided on deployment', (_, change) => {
    expect(() => pipelineWith(change)).not.toThrow();
  });
});

const chosenLater = (stack: Stack): number =>
  new CfnParameter(stack, 'Chosen', { type: 'Number' }).valueAsNumber;

describe('numbers that AWS would refuse on deployment, or that mean nothing', () => {
  const nothing = Duration.millis(0);

  test.each`
    mapping                                        | message                                    | hint
    ${{ batchSize: 0 }}                            | ${'batchSize of a source is 0'}            | ${'from 1 to 10000'}
    ${{ batchSize: 1.5 }}                          | ${'batchSize of a source is 1.5'}          | ${'whole number'}
    ${{ batchSize: 10_001 }}                       | ${'batchSize of a source is 10001'}        | ${'from 1 to 10000'}
    ${{ maxBatchingWindow: Duration.minutes(6) }}  | ${'maxBatchingWindow of a source is 360'}  | ${'from 0 to 300'}
    ${{ maxBatchingWindow: Duration.millis(500) }} | ${'maxBatchingWindow of a source is 0.5'}  | ${'whole seconds'}
    ${{ shards: 0 }}                               | ${'shards of a source is 0'}               | ${'at least 1'}
    ${{ retention: Duration.hours(1) }}            | ${'retention of a source is 3600 seconds'} | ${'Duration.seconds(86400)'}
    ${{ startAt: new Date('yesterday') }}          | ${'startAt of a source is no time'}        | ${'new Date('}
  `('of the mapping $mapping', ({ mapping, message, hint }) => {
    const sources = (_: Stack, clicks: Stream) => ({
      sources: { clicks: kinesisSource(clicks, mapping) },
    });
    expect(() => pipelineWith(sources)).toThrow(refusal('MAPPING_INVALID', message, hint));
  });

  test.each`
    firing                           | message                                        | hint
    ${{ batchSize: 0 }}              | ${'batchSize of the firing is 0'}              | ${'from 1 to 10000'}
    ${{ parallelizationFactor: 0 }}  | ${'parallelizationFactor of the firing is 0'}  | ${'from 1 to 10'}
    ${{ parallelizationFactor: 11 }} | ${'parallelizationFactor of the firing is 11'} | ${'from 1 to 10'}
  `('of the firing $firing', ({ firing, message, hint }) => {
    expect(() => pipelineWith(() => ({ firing }))).toThrow(
      refusal('MAPPING_INVALID', message, hint),
    );
  });

  test.each`
    alarms                         | message                                  | hint
    ${{ deadLetters: 0 }}          | ${'deadLetters'}                         | ${'at least 1'}
    ${{ deadLetters: -1 }}         | ${'deadLetters'}                         | ${'at least 1'}
    ${{ deadLetters: Number.NaN }} | ${'deadLetters'}                         | ${'at least 1'}
    ${{ iteratorAge: nothing }}    | ${'iteratorAge of the alarms is 0 ms'}   | ${'longer than what is normal'}
    ${{ heldBack: nothing }}       | ${'heldBack of the alarms is 0 ms'}      | ${'Duration.minutes(15)'}
    ${{ firingLatency: nothing }}  | ${'firingLatency of the alarms is 0 ms'} | ${'Duration.minutes(15)'}
  `('of the alarms $alarms', ({ alarms, message, hint }) => {
    expect(() => pipelineWith(() => ({ alarms }))).toThrow(refusal('ALARM_INVALID', message, hint));
  });

  test('but not those at the bounds', () => {
    const mapping = { batchSize: 10_000, maxBatchingWindow: Duration.seconds(0) };
    const firing = { batchSize: 1, parallelizationFactor: 10 };
    const alarms = { deadLetters: 1, heldBack: Duration.millis(1) };
    expect(() => pipelineWith(() => ({ mapping, firing, alarms }))).not.toThrow();
  });
});

describe('the mapping of a stream', () => {
  test.each`
    setting                      | value                  | hint
    ${'parallelizationFactor'}   | ${2}                   | ${'add shards'}
    ${'filters'}                 | ${[{ pattern: '{}' }]} | ${'lies behind'}
    ${'retryAttempts'}           | ${3}                   | ${'lost'}
    ${'maxRecordAge'}            | ${Duration.hours(1)}   | ${'lost'}
    ${'reportBatchItemFailures'} | ${false}               | ${'partial responses'}
    ${'startingPosition'}        | ${'LATEST'}            | ${'startAt'}
    ${'tumblingWindow'}          | ${Duration.minutes(1)} | ${'time of arrival'}
    ${'onFailure'}               | ${{}}                  | ${'Choose from batchSize'}
  `('cannot be given $setting', ({ setting, value, hint }) => {
    const mapping = { [setting]: value };
    const expected = refusal('MAPPING_INVALID', `"${setting}"`, hint);
    expect(() => pipelineWith(() => ({ mapping }))).toThrow(expected);
    expect(() =>
      pipelineWith((_, clicks) => ({ sources: { clicks: kinesisSource(clicks, mapping) } })),
    ).toThrow(expected);
  });

  test.each`
    property                       | value
    ${'ParallelizationFactor'}     | ${10}
    ${'FilterCriteria'}            | ${{ Filters: [] }}
    ${'MaximumRetryAttempts'}      | ${0}
    ${'MaximumRecordAgeInSeconds'} | ${60}
    ${'FunctionResponseTypes'}     | ${[]}
    ${'StartingPosition'}          | ${'LATEST'}
    ${'TumblingWindowInSeconds'}   | ${30}
  `('is refused when $property was overridden by $value', ({ property, value }) => {
    const { stack, mapping } = withMapping();
    mapping.addPropertyOverride(property, value);
    expect(() => Template.fromStack(stack)).toThrow(`MAPPING_INVALID: ${property}`);
  });

  test('is refused when its properties were set anew', () => {
    const { stack, mapping } = withMapping();
    mapping.parallelizationFactor = 2;
    expect(() => Template.fromStack(stack)).toThrow('MAPPING_INVALID: ParallelizationFactor');
  });

  test('may batch otherwise', () => {
    const { stack, mapping } = withMapping();
    mapping.addPropertyOverride('BatchSize', 10);
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

const ARN = 'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks';

function withMapping() {
  const { stack, made } = pipelineWith();
  const mapping = made.node
    .findAll()
    .filter((one) => one instanceof CfnEventSourceMapping)
    .find((one) => one.node.path.includes('clicks'));
  if (mapping === undefined) throw new Error('the pipeline has no mapping');
  return { stack, mapping };
}

function table(
  stack: ConstructorParameters<typeof Table>[0],
  [partition, sort]: readonly [string, string],
  id = 'Mine',
): Table {
  const isNumber = sort === 'windowStart';
  return new Table(stack, id, {
    partitionKey: { name: partition, type: AttributeType.STRING },
    sortKey: { name: sort, type: isNumber ? AttributeType.NUMBER : AttributeType.STRING },
  });
}

/** The plan with a sink of a kind that a later version may have. */
function withSinkKind(kind: string): Plan {
  const plan = clicksPlan();
  const stages = plan.stages.map((stage) => ({
    ...stage,
    outputs: stage.outputs.map((output) => ({ ...output, sink: { ...output.sink, kind } })),
  }));
  return { ...plan, stages } as unknown as Plan;
}

/** The plan with one source more. */
function withSource(name: string): Plan {
  const plan = clicksPlan();
  return { ...plan, sources: plan.sources.flatMap((source) => [source, { ...source, name }]) };
}
