import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import { CONTROL_FILTER } from '../../src/cdk/control-trigger.ts';
import { kinesisSource, StateTables } from '../../src/cdk/index.ts';
import { parseResources } from '../../src/environment.ts';
import { parseEvent } from '../../src/runtime/lambda/events.ts';
import { clicksPlan } from '../aws/plan.ts';
import { emptyStack, pipelineWith, resource, resources } from './synth.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const TABLE = 'AWS::DynamoDB::GlobalTable';
const FUNCTION = 'AWS::Lambda::Function';

const plain = pipelineWith();

describe('the mapping of a stream', () => {
  const mapping = resource(plain.stack, MAPPING, 'clicksMapping').Properties;

  test.each`
    property                            | value                          | because
    ${'StartingPosition'}               | ${'TRIM_HORIZON'}              | ${'LATEST passes over what comes meanwhile'}
    ${'ParallelizationFactor'}          | ${1}                           | ${'a lane is a shard'}
    ${'MaximumRetryAttempts'}           | ${-1}                          | ${'no batch is given up'}
    ${'MaximumRecordAgeInSeconds'}      | ${-1}                          | ${'no record is given up'}
    ${'FunctionResponseTypes'}          | ${['ReportBatchItemFailures']} | ${'a lane may stop at a record'}
    ${'FilterCriteria'}                 | ${undefined}                   | ${'what is filtered looks like a gap'}
    ${'TumblingWindowInSeconds'}        | ${undefined}                   | ${'windows go by event time'}
    ${'BisectBatchOnFunctionError'}     | ${true}                        | ${'too large a batch comes in halves'}
    ${'BatchSize'}                      | ${1_000}                       | ${'writes go by the batch'}
    ${'MaximumBatchingWindowInSeconds'} | ${1}                           | ${'writes go by the batch'}
    ${'Enabled'}                        | ${true}                        | ${'it reads'}
  `('has $property $value, as $because', ({ property, value }) => {
    expect(mapping[property]).toEqual(value);
  });

  test('reads the stream with the function that gathers, and tells of what it gives up', () => {
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [expect.stringContaining('Clicks'), 'Arn'] },
      FunctionName: { Ref: expect.stringContaining('PipelineGatherFunction') },
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('GivenUp'), 'Arn'] } },
      },
    });
  });

  test('takes batch settings, and a time to start at, for all streams or for one', () => {
    const startAt = new Date('2026-03-01T12:00:00Z');
    const all = pipelineWith(() => ({ mapping: { batchSize: 5_000 } }));
    expect(resource(all.stack, MAPPING, 'clicksMapping').Properties.BatchSize).toBe(5_000);
    const one = pipelineWith((_, clicks) => ({
      sources: {
        clicks: kinesisSource(clicks, {
          maxBatchingWindow: Duration.seconds(10),
          startAt,
          enabled: false,
        }),
      },
    }));
    expect(resource(one.stack, MAPPING, 'clicksMapping').Properties).toMatchObject({
      MaximumBatchingWindowInSeconds: 10,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: startAt.getTime() / 1_000,
      Enabled: false,
      MaximumRetryAttempts: -1,
    });
    // The functions look no farther back than that for records that were not read.
    const { Environment } = resource(one.stack, FUNCTION, 'Fire').Properties;
    expect(JSON.stringify(Environment)).toContain('2026-03-01T12:00:00.000Z');
  });
});

describe('the mapping of the control stream', () => {
  const mapping = resource(plain.stack, MAPPING, 'ControlStream').Properties;

  test.each`
    property                        | value
    ${'StartingPosition'}           | ${'TRIM_HORIZON'}
    ${'FunctionResponseTypes'}      | ${['ReportBatchItemFailures']}
    ${'MaximumRetryAttempts'}       | ${-1}
    ${'MaximumRecordAgeInSeconds'}  | ${3_600}
    ${'BisectBatchOnFunctionError'} | ${true}
    ${'BatchSize'}                  | ${10}
    ${'ParallelizationFactor'}      | ${1}
  `('has $property $value', ({ property, value }) => {
    expect(mapping[property]).toEqual(value);
  });

  test('lets through what control-filter.test.ts tries', () => {
    const Filters = [{ Pattern: JSON.stringify(CONTROL_FILTER) }];
    expect(mapping.FilterCriteria).toEqual({ Filters });
  });

  test('reads the stream of the control table with the function that fires', () => {
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [expect.stringContaining('TablesControl'), 'StreamArn'] },
      FunctionName: { Ref: expect.stringContaining('PipelineFireFunction') },
    });
  });

  test.each([
    [1, 1],
    [4, 1],
    [11, 2],
    [64, 7],
    [1024, 10],
  ])('of a plan with %i buckets has %i batches at once', (buckets, factor) => {
    const { stack } = pipelineWith(() => ({ plan: clicksPlan(buckets) }));
    const properties = resource(stack, MAPPING, 'ControlStream').Properties;
    expect(properties.ParallelizationFactor).toBe(factor);
  });
});

describe('the tables', () => {
  test.each`
    table              | keys                                    | expires
    ${'TablesControl'} | ${[['pk', 'S'], ['sk', 'S']]}           | ${'expires'}
    ${'TablesState'}   | ${[['pk', 'S'], ['sk', 'S']]}           | ${'expires'}
    ${'pageclicks'}    | ${[['key', 'S'], ['windowStart', 'N']]} | ${undefined}
    ${'lateclicks'}    | ${[['lane', 'S'], ['position', 'S']]}   | ${undefined}
    ${'DeadLetters'}   | ${[['lane', 'S'], ['position', 'S']]}   | ${undefined}
  `('$table is keyed by $keys, on demand, and can be restored', ({ table, keys, expires }) => {
    const { Properties } = resource(plain.stack, TABLE, table);
    expect(keysOf(Properties)).toEqual(keys);
    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    });
    expect(Properties.TimeToLiveSpecification).toEqual(
      expires && { AttributeName: expires, Enabled: true },
    );
  });

  test('only control has a stream, of new images', () => {
    const streams = Object.entries(resources(plain.stack, TABLE)).flatMap(([id, { Properties }]) =>
      Properties.StreamSpecification ? [[id, Properties.StreamSpecification]] : [],
    );
    expect(streams).toEqual([
      [expect.stringContaining('TablesControl'), { StreamViewType: 'NEW_IMAGE' }],
    ]);
  });

  test.each`
    stage        | protection | policy
    ${undefined} | ${true}    | ${'Retain'}
    ${'prod'}    | ${true}    | ${'Retain'}
    ${'dev'}     | ${false}   | ${'Delete'}
  `('of stage $stage: protected $protection, policy $policy', ({ stage, protection, policy }) => {
    const { stack } = pipelineWith(() => (stage ? { stage } : {}));
    const tables = Object.values(resources(stack, TABLE));
    expect(tables).toHaveLength(5);
    for (const { Properties, DeletionPolicy } of tables) {
      expect(DeletionPolicy).toBe(policy);
      expect(Properties.Replicas).toMatchObject([{ DeletionProtectionEnabled: protection }]);
    }
    expect(resource(stack, 'AWS::SQS::Queue').DeletionPolicy).toBe(policy);
  });

  test('stand alone', () => {
    const { stack } = emptyStack();
    new StateTables(stack, 'Tables', { stage: 'dev' });
    expect(Object.keys(resources(stack, TABLE))).toHaveLength(2);
  });
});

describe('the functions', () => {
  const both = Object.values(resources(plain.stack, FUNCTION));

  test('are two, on arm64, of Node 24, with a log and a role of their own', () => {
    expect(both).toHaveLength(2);
    for (const { Properties } of both) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        MemorySize: 1_769,
        Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } },
      });
    }
    const own = (property: string) =>
      new Set(both.map(({ Properties }) => JSON.stringify(Properties[property])));
    expect(own('Role').size).toBe(2);
    expect(own('LoggingConfig').size).toBe(2);
    expect(own('Code').size).toBe(1);
  });

  test('are told what was made for them, in the form that a handler reads', () => {
    for (const [n, { Properties }] of both.entries()) {
      const { Variables } = Properties.Environment as { Variables: Record<string, object> };
      const text = filled(Variables.TIDEMARK_RESOURCES);
      expect(parseResources({ TIDEMARK_RESOURCES: text })).toEqual({
        role: ['gather', 'fire'][n],
        pipeline: 'Test/Pipeline',
        control: expect.stringContaining('TablesControl'),
        state: expect.stringContaining('TablesState'),
        deadLetters: { kind: 'table', name: expect.stringContaining('DeadLetters') },
        sources: { clicks: { kind: 'kinesis', name: expect.stringContaining('Clicks') } },
        sinks: { 'page-clicks': { kind: 'table', name: expect.stringContaining('pageclicks') } },
        lookups: {},
        lateEvents: {
          'late-clicks': { kind: 'table', name: expect.stringContaining('lateclicks') },
        },
      });
    }
  });

  test('take settings, each for itself', () => {
    const { stack } = pipelineWith(() => ({
      gather: { memorySize: 3_008, reservedConcurrentExecutions: 8, environment: { A: 'b' } },
      fire: { timeout: Duration.minutes(15) },
      tracing: true,
    }));
    expect(resource(stack, FUNCTION, 'Gather').Properties).toMatchObject({
      MemorySize: 3_008,
      Timeout: 60,
      ReservedConcurrentExecutions: 8,
      Environment: { Variables: { A: 'b', NODE_OPTIONS: '--enable-source-maps' } },
      TracingConfig: { Mode: 'Active' },
    });
    expect(resource(stack, FUNCTION, 'Fire').Properties).toMatchObject({
      MemorySize: 1_769,
      Timeout: 900,
    });
    expect(resource(plain.stack, FUNCTION, 'Fire').Properties).not.toHaveProperty('TracingConfig');
  });

  test.each`
    stage     | chosen                    | days
    ${'dev'}  | ${undefined}              | ${7}
    ${'prod'} | ${undefined}              | ${90}
    ${'prod'} | ${RetentionDays.ONE_YEAR} | ${365}
  `('keep logs of $stage for $days days', ({ stage, chosen, days }) => {
    const { stack } = pipelineWith(() => ({ stage, ...(chosen && { logRetention: chosen }) }));
    const logs = Object.values(resources(stack, 'AWS::Logs::LogGroup'));
    expect(logs.map(({ Properties }) => Properties.RetentionInDays)).toEqual([days, days]);
  });
});

describe('the tick', () => {
  test('comes each minute, as the handler knows it, to the function that fires', () => {
    const { Properties } = resource(plain.stack, 'AWS::Scheduler::Schedule');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [expect.stringContaining('PipelineFireFunction'), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringContaining('GivenUp'), 'Arn'] } },
      },
    });
    const { Input } = Properties.Target as { Input: string };
    expect(parseEvent(JSON.parse(Input))).toEqual({ kind: 'tick' });
  });

  test('is not repeated when it fails, as the next one does the same', () => {
    expect(resource(plain.stack, 'AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({
      FunctionName: { Ref: expect.stringContaining('PipelineFireFunction') },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  test('that the function refuses, fails at or never gets to is told to the queue', () => {
    expect(resource(plain.stack, 'AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('GivenUp'), 'Arn'] } },
      },
    });
    // Lambda looks whether the role may send when it is told of the queue.
    const fire = resource(plain.stack, FUNCTION, 'Fire') as { DependsOn?: readonly string[] };
    expect(fire.DependsOn).toContainEqual(expect.stringContaining('FireRoleDefaultPolicy'));
  });

  test('comes as often as it is said', () => {
    const { stack } = pipelineWith(() => ({ tickEvery: Duration.minutes(5) }));
    const { Properties } = resource(stack, 'AWS::Scheduler::Schedule');
    expect(Properties.ScheduleExpression).toBe('rate(5 minutes)');
  });
});

describe('with a key of one’s own', () => {
  const { stack } = pipelineWith(
    (scope) => ({ encryptionKey: new Key(scope, 'Key') }),
    'eu-west-1',
  );

  test('tables, queue and logs are encrypted with it', () => {
    const key = { 'Fn::GetAtt': [expect.stringContaining('Key'), 'Arn'] };
    for (const { Properties } of Object.values(resources(stack, TABLE))) {
      expect(Properties).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [{ SSESpecification: { KMSMasterKeyId: key } }],
      });
    }
    expect(resource(stack, 'AWS::SQS::Queue').Properties.KmsMasterKeyId).toEqual(key);
    for (const { Properties } of Object.values(resources(stack, 'AWS::Logs::LogGroup'))) {
      expect(Properties.KmsKeyId).toEqual(key);
    }
  });
});

interface KeySchema {
  readonly KeySchema: readonly { readonly AttributeName: string }[];
  readonly AttributeDefinitions: readonly {
    readonly AttributeName: string;
    readonly AttributeType: string;
  }[];
}

function keysOf(properties: object): [string, string | undefined][] {
  const { KeySchema, AttributeDefinitions } = properties as KeySchema;
  return KeySchema.map(({ AttributeName: name }) => [
    name,
    AttributeDefinitions.find((one) => one.AttributeName === name)?.AttributeType,
  ]);
}

/** Text with references, each as the name of what it refers to. */
function filled(value: unknown): string {
  const { 'Fn::Join': join } = value as { 'Fn::Join': [string, (string | { Ref: string })[]] };
  return join[1].map((part) => (typeof part === 'string' ? part : part.Ref)).join(join[0]);
}
