import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RemovalPolicy, type Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { AwsSolutionsChecks } from '../../infra/nag.ts';
import {
  busSink,
  ConnectionTable,
  customSink,
  deliverySink,
  type PipelineProps,
  pushSink,
  type SinkBinding,
  streamSink,
} from '../../src/cdk/index.ts';
import {
  custom,
  MINUTES,
  objects,
  type Plan,
  pipeline,
  push,
  queue,
  type SinkPlan,
  stream,
  TumblingWindow,
  topic,
} from '../../src/index.ts';
import { policiesOf } from './policies.ts';
import { pipelineWith, resource, resources } from './synth.ts';

const FUNCTION = 'AWS::Lambda::Function';

describe('a stream as a sink', () => {
  test('is created on demand, encrypted, and kept as the deployment says', () => {
    const { stack } = endingIn(stream('out'), () => ({}));
    expect(resource(stack, 'AWS::Kinesis::Stream', 'Resultsout')).toMatchObject({
      Properties: {
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      },
      DeletionPolicy: 'Retain',
    });
  });

  test('lets who writes put records, and no more; and tells the handler who that is', () => {
    const { stack } = endingIn(stream('out'), () => ({}));
    const rights = policiesOf(stack);
    expect(of(rights.Fire, 'Resultsout')).toEqual(['kinesis:PutRecords on ResultsoutStream']);
    expect(of(rights.Gather, 'Resultsout')).toEqual([]);
    expect(told(stack)).toMatch(
      /"sinks":{"out":{"kind":"stream","name":.*,"producer":"TestPipelineResultsout\w*"}}/,
    );
  });

  test('may be one that exists, with a key of its own, and a producer that is named', () => {
    const { stack } = endingIn(stream('out'), (scope) => {
      const encryptionKey = new Key(scope, 'Key', { removalPolicy: RemovalPolicy.DESTROY });
      const existing = new Stream(scope, 'Existing', { encryptionKey });
      return { sinks: { out: streamSink(existing, { producer: 'me' }) } };
    });
    expect(Object.keys(resources(stack, 'AWS::Kinesis::Stream'))).toHaveLength(2);
    expect(of(policiesOf(stack).Fire, /Existing|Key/)).toEqual([
      'kinesis:PutRecords on Existing',
      'kms:GenerateDataKey on Key',
    ]);
    expect(told(stack)).toContain('"producer":"me"');
  });
});

describe('a sink of messages', () => {
  test.each<[SinkPlan, string, string]>([
    [queue('out'), 'queue', 'sqs:SendMessage on ResultsoutQueue'],
    [topic('out'), 'topic', 'sns:Publish on {"Ref":"PipelineResultsoutTopic'],
    [
      objects('out'),
      'objects',
      's3:PutObject on {"Fn::Join":["",[{"Fn::GetAtt":["PipelineResultsoutBucket',
    ],
  ])('that is created: %j', (sink, kind, right) => {
    const { stack, made } = endingIn(sink, () => ({}));
    const reader = new Role(stack, 'Reader', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    });
    made.grantReadResults(reader, 'out');
    const rights = of(policiesOf(stack).Fire, 'Resultsout');
    expect(rights).toHaveLength(1);
    expect(rights[0]?.startsWith(right), rights[0]).toBe(true);
    expect(told(stack)).toContain(`"sinks":{"out":{"kind":"${kind}","name":`);
    expect(told(stack)).toMatch(/"producer":"TestPipelineResultsout/);
    expect(policiesOf(stack).Reader).not.toHaveLength(0);
  });

  test.each<[string, (scope: Stack) => SinkBinding, string]>([
    ['bus', (scope) => busSink(new EventBus(scope, 'Bus')), 'events:PutEvents on Bus'],
    ['delivery', () => deliverySink('delivery'), 'firehose:PutRecordBatch on {"Fn::Join":'],
  ])('that exists: %s', (kind, binding, right) => {
    const { stack } = endingIn(custom('out'), (scope) => ({ sinks: { out: binding(scope) } }));
    expect(policiesOf(stack).Fire?.filter((line) => line.startsWith(right))).toHaveLength(1);
    expect(told(stack)).toContain(`"sinks":{"out":{"kind":"${kind}","name":`);
  });

  test('that is pushed to clients', () => {
    const { stack } = endingIn(push('out'), (scope) => {
      const api = new WebSocketApi(scope, 'Api');
      const stage = new WebSocketStage(scope, 'Stage', { webSocketApi: api, stageName: 'live' });
      const { table } = new ConnectionTable(scope, 'Connections');
      return { sinks: { out: pushSink({ stage, connections: table }) } };
    });
    const rights = policiesOf(stack).Fire;
    expect(of(rights, / on Connections/)).toEqual([
      'dynamodb:DeleteItem on ConnectionsTable',
      'dynamodb:Query on ConnectionsTable',
    ]);
    const pushing = of(rights, /^execute-api/).join();
    expect(pushing).toContain('execute-api:ManageConnections on ');
    for (const method of ['POST', 'DELETE']) {
      expect(pushing).toContain(`/live/${method}/@connections/*`);
    }
    expect(resource(stack, 'AWS::DynamoDB::GlobalTable', 'Connections')).toMatchObject({
      DeletionPolicy: 'Delete',
    });
    const { violations } = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(violations.filter(({ ruleName }) => ruleName.includes('IAM5'))).toEqual([]);
    expect(told(stack)).toMatch(/"out":{"kind":"push","name":.*"endpoint":.*\/live","producer":/);
  });

  test('that only its author knows', () => {
    const hook = customSink({
      kind: 'webhook',
      name: 'https://example.com/hook',
      settings: { secret: 'hook-secret' },
      grantWrite: (writer) =>
        writer.addToRolePolicy(
          new PolicyStatement({
            actions: ['secretsmanager:GetSecretValue'],
            resources: ['hook-secret'],
          }),
        ),
    });
    const { stack } = endingIn(custom('out'), () => ({ sinks: { out: hook } }));
    expect(policiesOf(stack).Fire).toContain('secretsmanager:GetSecretValue on hook-secret');
    expect(told(stack)).toContain(
      '"out":{"secret":"hook-secret","kind":"webhook","name":"https://example.com/hook"}',
    );
  });

  test('has its key, where there is one', () => {
    for (const sink of [queue('out'), topic('out'), objects('out')]) {
      const { stack } = endingIn(
        sink,
        (scope) => ({ encryptionKey: new Key(scope, 'Key') }),
        'eu-west-1',
      );
      expect(of(policiesOf(stack).Fire, 'kms:GenerateDataKey on Key')).toHaveLength(1);
    }
  });
});

test('a sink that only its author knows has to be given', () => {
  expect(() => endingIn(custom('mine'), () => ({}))).toThrow(
    'the sink "mine" is of kind "custom", which is not created by default',
  );
});

/** A pipeline with that end. */
function endingIn(
  sink: SinkPlan,
  change: (stack: Stack) => Partial<PipelineProps>,
  region?: string,
) {
  const plan: Plan = pipeline('clicks')
    .stream('clicks', {
      schema: z.object({ at: z.number(), page: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
    })
    .keyBy((e) => e.page)
    .window(TumblingWindow.of(5, MINUTES))
    .count({ name: 'per-page' })
    .to(sink);
  return pipelineWith((stack) => ({ plan, ...change(stack) }), region);
}

const of = (rights: readonly string[] = [], what: string | RegExp): string[] =>
  rights.filter((line) => line.search(what) >= 0);

/** The variable that the function which fires is told by, as text. */
const told = (stack: Stack): string =>
  JSON.stringify(resource(stack, FUNCTION, 'Fire').Properties.Environment).replaceAll('\\', '');
