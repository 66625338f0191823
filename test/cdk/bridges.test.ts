import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { bridgeQueue, bridgeTable } from '../../src/cdk/index.ts';
import { policiesOf } from './policies.ts';
import { emptyStack, resource } from './synth.ts';

test('a queue invokes its bridge, which may put records and take messages', () => {
  const { stack, clicks } = emptyStack();
  const queue = new Queue(stack, 'Orders');
  bridgeQueue({ function: functionIn(stack), stream: clicks, queue });
  expect(resource(stack, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  const rights = policiesOf(stack).BridgeService ?? policiesOf(stack).BridgeServiceRole;
  expect(rights?.filter((line) => line.startsWith('kinesis'))).toEqual([
    'kinesis:PutRecords on Clicks',
  ]);
  expect(rights).toContain('sqs:DeleteMessage on Orders');
});

test("a table's stream invokes its bridge from its beginning, without an end of retries", () => {
  const { stack, clicks } = emptyStack();
  const table = new TableV2(stack, 'Items', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  bridgeTable({ function: functionIn(stack), stream: clicks, table });
  expect(resource(stack, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    StartingPosition: 'TRIM_HORIZON',
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    BisectBatchOnFunctionError: true,
  });
  const rights = policiesOf(stack).BridgeService ?? policiesOf(stack).BridgeServiceRole;
  expect(rights).toContain('kinesis:PutRecords on Clicks');
  expect(rights).toContain('dynamodb:GetRecords on Items stream');
});

const functionIn = (stack: ReturnType<typeof emptyStack>['stack']) =>
  new LambdaFunction(stack, 'Bridge', {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = () => undefined'),
  });
