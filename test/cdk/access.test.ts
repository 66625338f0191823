import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import { AwsSolutionsChecks } from '../../infra/nag.ts';
import type { Pipeline, PipelineProps } from '../../src/cdk/index.ts';
import { policiesOf } from './policies.ts';
import { pipelineWith, resource, resources } from './synth.ts';

const plain = pipelineWith();

describe('rights', () => {
  test('of the function that gathers', () => {
    expect(policiesOf(plain.stack).Gather).toMatchInlineSnapshot(`
      [
        "dynamodb:BatchWriteItem on DeadLettersTable",
        "dynamodb:BatchWriteItem on LateEventslateclicksTable",
        "dynamodb:BatchWriteItem on TablesState",
        "dynamodb:GetItem on TablesControl",
        "dynamodb:Query on TablesControl",
        "dynamodb:UpdateItem on TablesControl",
        "kinesis:DescribeStream on Clicks",
        "kinesis:DescribeStreamSummary on Clicks",
        "kinesis:GetRecords on Clicks",
        "kinesis:GetShardIterator on Clicks",
        "kinesis:ListShards on Clicks",
        "logs:CreateLogStream on GatherLog",
        "logs:PutLogEvents on GatherLog",
        "sqs:SendMessage on GivenUpQueue",
      ]
    `);
  });

  test('of the function that fires and ticks', () => {
    expect(policiesOf(plain.stack).Fire).toMatchInlineSnapshot(`
      [
        "dynamodb:BatchGetItem on TablesState",
        "dynamodb:BatchWriteItem on DeadLettersTable",
        "dynamodb:BatchWriteItem on ResultspageclicksTable",
        "dynamodb:BatchWriteItem on TablesState",
        "dynamodb:DescribeStream on TablesControl stream",
        "dynamodb:GetItem on TablesControl",
        "dynamodb:GetRecords on TablesControl stream",
        "dynamodb:GetShardIterator on TablesControl stream",
        "dynamodb:ListStreams on TablesControl stream",
        "dynamodb:PutItem on ResultspageclicksTable",
        "dynamodb:Query on TablesControl",
        "dynamodb:Query on TablesState",
        "dynamodb:UpdateItem on TablesControl",
        "dynamodb:UpdateItem on TablesState",
        "kinesis:DescribeStreamSummary on Clicks",
        "kinesis:GetRecords on Clicks",
        "kinesis:GetShardIterator on Clicks",
        "kinesis:ListShards on Clicks",
        "logs:CreateLogStream on FireLog",
        "logs:PutLogEvents on FireLog",
        "sqs:SendMessage on GivenUpQueue",
      ]
    `);
  });

  test('of the schedule', () => {
    expect(policiesOf(plain.stack).Tick).toMatchInlineSnapshot(`
      [
        "lambda:InvokeFunction on FireFunction",
        "sqs:SendMessage on GivenUpQueue",
      ]
    `);
  });

  test('are had by nobody else', () => {
    expect(Object.keys(policiesOf(plain.stack))).toEqual(['Gather', 'Fire', 'Tick']);
  });

  test('with a key of one’s own extend to the key, by name', () => {
    const { stack } = pipelineWith(
      (scope) => ({ encryptionKey: new Key(scope, 'Mine') }),
      'eu-west-1',
    );
    const { Gather = [], Fire = [], Tick = [] } = policiesOf(stack);
    const onKey = (lines: readonly string[]) =>
      lines.filter((line) => line.endsWith('on Mine')).map((line) => line.split(' ')[0]);
    expect(onKey(Gather)).toMatchInlineSnapshot(`
      [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]
    `);
    expect(onKey(Fire)).toEqual(onKey(Gather));
    expect(onKey(Tick)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });

  test('with a key of one’s own let CloudWatch Logs use it, for log groups of this account', () => {
    const { stack } = pipelineWith(
      (scope) => ({ encryptionKey: new Key(scope, 'Mine') }),
      'eu-west-1',
    );
    const { Statement } = resource(stack, 'AWS::KMS::Key').Properties.KeyPolicy as {
      readonly Statement: readonly { readonly Principal: { readonly Service?: string } }[];
    };
    const context = { 'kms:EncryptionContext:aws:logs:arn': arnOfLogGroups };
    expect(Statement.filter(({ Principal }) => Principal.Service?.startsWith('logs'))).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
        Action: [
          'kms:Decrypt*',
          'kms:Describe*',
          'kms:Encrypt*',
          'kms:GenerateDataKey*',
          'kms:ReEncrypt*',
        ],
        Resource: '*',
        Condition: { ArnLike: context },
      },
    ]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('policy of the'));
  });

  test('with a key that is brought in are asked for by a warning', () => {
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/mine';
    const { stack } = pipelineWith(
      (scope) => ({ encryptionKey: Key.fromKeyArn(scope, 'Mine', arn) }),
      'eu-west-1',
    );
    Annotations.fromStack(stack).hasWarning(
      '/Test/Pipeline',
      Match.stringLikeRegexp('logs.eu-west-1.amazonaws.com do kms:Encrypt.*ArnLike'),
    );
  });

  test('are had by Lambda and the schedule of this account alone', () => {
    const trusts = Object.values(resources(plain.stack, 'AWS::IAM::Role')).map(
      ({ Properties }) => (Properties.AssumeRolePolicyDocument as { Statement: unknown }).Statement,
    );
    expect(trusts).toEqual([
      [expect.objectContaining({ Principal: { Service: 'lambda.amazonaws.com' } })],
      [expect.objectContaining({ Principal: { Service: 'lambda.amazonaws.com' } })],
      [
        expect.objectContaining({
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: expect.objectContaining({
              'aws:SourceAccount': { Ref: 'AWS::AccountId' },
            }),
          },
        }),
      ],
    ]);
  });
});

describe('others may be let', () => {
  test.each<[string, (made: Pipeline, reader: Role) => void, string[]]>([
    [
      'read results',
      (made, reader) => made.grantReadResults(reader),
      reading('ResultspageclicksTable'),
    ],
    [
      'read what was set aside',
      (made, reader) => made.grantReadDeadLetters(reader),
      [...reading('DeadLettersTable'), ...reading('LateEventslateclicksTable')].sort(),
    ],
    ['see progress', (made, reader) => made.grantReadProgress(reader), reading('TablesControl')],
    [
      'tick by hand',
      (made, reader) => made.grantInvokeTick(reader),
      ['lambda:InvokeFunction on FireFunction'],
    ],
  ])('%s', (_, grant, lines) => {
    const { stack, made } = pipelineWith((scope) => {
      new Role(scope, 'Reader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      return {};
    });
    grant(made, stack.node.findChild('Reader') as Role);
    expect(policiesOf(stack).Reader).toEqual(lines);
  });

  test('but not read results of a sink that there is not', () => {
    const { stack, made } = pipelineWith();
    const reader = new Role(stack, 'Reader', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    });
    expect(() => made.grantReadResults(reader, 'pages')).toThrow(
      expect.objectContaining({ code: 'SINK_UNKNOWN', hint: 'Choose from page-clicks.' }),
    );
  });
});

describe('AwsSolutions of cdk-nag finds nothing', () => {
  test.each<[string, (stack: Stack) => Partial<PipelineProps>]>([
    ['by default', () => ({})],
    ['in dev', () => ({ stage: 'dev' })],
    [
      'with a key of one’s own',
      (scope) => ({ encryptionKey: new Key(scope, 'Key', { enableKeyRotation: true }) }),
    ],
    ['with traces', () => ({ tracing: true })],
    [
      'in a network of one’s own',
      (scope) => ({ gather: { vpc: new Vpc(scope, 'Network') as IVpc } }),
    ],
  ])('%s', (_, change) => {
    const { stack } = pipelineWith(change, 'eu-west-1');
    const { violations } = new AwsSolutionsChecks(stack).validateScope(
      stack.node.findChild('Pipeline'),
    );
    expect(violations).toEqual([]);
  });

  test('and a function in a network may have interfaces there', () => {
    const { stack } = pipelineWith((scope) => ({
      gather: { vpc: new Vpc(scope, 'Network') as IVpc },
    }));
    const { Gather, Fire } = policiesOf(stack);
    expect(Gather).toContain('ec2:CreateNetworkInterface on *');
    expect(Fire).not.toContain('ec2:');
    expect(JSON.stringify(resources(stack, 'AWS::IAM::Role'))).not.toContain('ManagedPolicyArns');
  });

  test('and it does look: a right to everything is found', () => {
    const { stack, made } = pipelineWith();
    made.gather.function.role?.addManagedPolicy(
      ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess'),
    );
    const { violations } = new AwsSolutionsChecks(stack).validateScope(made);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([
      expect.stringContaining('AwsSolutions-IAM4'),
    ]);
  });
});

const arnOfLogGroups = {
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      ':logs:eu-west-1:',
      { Ref: 'AWS::AccountId' },
      ':log-group:*',
    ],
  ],
};

function reading(table: string): string[] {
  const actions = ['BatchGetItem', 'DescribeTable', 'GetItem', 'Query', 'Scan'];
  return actions.map((action) => `dynamodb:${action} on ${table}`);
}
