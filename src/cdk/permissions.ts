import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Annotations, Stack, Token } from 'aws-cdk-lib/core';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import type { AnyTable } from './tables.ts';

/**
 * Every action that a role gets, by what it is for. The functions' are held to what the engine asks
 * of its ports by a test.
 */
export const ACTIONS = {
  /** Claims, commits, lanes, buckets: both functions. */
  control: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  /** Gathering leaves segments, and reads none. */
  gatherState: ['dynamodb:BatchWriteItem'],
  fireState: [
    'dynamodb:BatchGetItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
  ],
  writeResults: ['dynamodb:BatchWriteItem', 'dynamodb:PutItem'],
  writeLetters: ['dynamodb:BatchWriteItem'],
  lookUp: ['dynamodb:BatchGetItem'],
  readTable: [
    'dynamodb:BatchGetItem',
    'dynamodb:DescribeTable',
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:Scan',
  ],
  /** What Lambda asks of a role that reads a table's stream. */
  controlStream: [
    'dynamodb:DescribeStream',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
  ],
  /** What Lambda asks of a role that reads a stream, without enhanced fan-out. */
  trigger: [
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
  ],
  /** What it asks besides where records come by enhanced fan-out. */
  fanOut: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
  /** Registering shards, and proving that one is read to its end. */
  probe: [
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
  ],
  /** What Lambda asks of the role of a function in a VPC. */
  networkInterfaces: [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ],
  writeStream: ['kinesis:PutRecords'],
  /** Writing files, and reading none. */
  archive: ['s3:PutObject'],
  send: ['sqs:SendMessage'],
  receive: [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
  ],
  publish: ['sns:Publish'],
  subscribe: ['sns:Subscribe'],
  pushTo: ['execute-api:ManageConnections'],
  /** Pushing looks up who is connected, and forgets who is not. */
  readConnections: ['dynamodb:DeleteItem', 'dynamodb:Query'],
  connect: ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'],
  putEvents: ['events:PutEvents'],
  putRecordBatch: ['firehose:PutRecordBatch'],
  putObject: ['s3:PutObject'],
  getObject: ['s3:GetObject'],
  listBucket: ['s3:ListBucket'],
  invoke: ['lambda:InvokeFunction'],
} as const;

/** Of the key of an encrypted table, what those need who read it, and those who write it. */
const READ_KEY = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE_KEY = [
  ...READ_KEY,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Lets somebody write a table, by these actions and with its key: the table alone, no index of it. */
export function grantWriteTable(
  grantee: iam.IGrantable,
  table: AnyTable,
  actions: readonly string[],
): iam.Grant {
  table.encryptionKey?.grant(grantee, ...WRITE_KEY);
  return grantOn(grantee, table.tableArn, actions);
}

/** Lets somebody read a table, in any way or by these actions, with its key. */
export function grantReadTable(
  grantee: iam.IGrantable,
  table: AnyTable,
  actions: readonly string[] = ACTIONS.readTable,
): iam.Grant {
  table.encryptionKey?.grant(grantee, ...READ_KEY);
  return grantOn(grantee, table.tableArn, actions);
}

/** Lets somebody read a stream of records, with its key. */
export function grantReadStream(
  grantee: iam.IGrantable,
  stream: kinesis.IStream,
  actions: readonly string[],
): iam.Grant {
  stream.encryptionKey?.grant(grantee, 'kms:Decrypt');
  return grantOn(grantee, stream.streamArn, actions);
}

/** Lets somebody put records into a stream, with its key. */
export function grantWriteStream(grantee: iam.IGrantable, stream: kinesis.IStream): iam.Grant {
  stream.encryptionKey?.grant(grantee, 'kms:GenerateDataKey');
  return grantOn(grantee, stream.streamArn, ACTIONS.writeStream);
}

/** Lets somebody send to a queue, with its key. */
export function grantSend(
  grantee: iam.IGrantable,
  queue: sqs.IQueue,
  key: kms.IKey | undefined,
): iam.Grant {
  key?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  return grantOn(grantee, queue.queueArn, ACTIONS.send);
}

/** Lets somebody do something with one resource. */
export const grantOn = (
  grantee: iam.IGrantable,
  arn: string,
  actions: readonly string[],
): iam.Grant => iam.Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [arn] });

/**
 * Lets CloudWatch Logs use the key of log groups, which the key's own policy has to allow: no role
 * does it. Where CDK cannot change that policy, a warning says what it needs.
 */
export function grantLogs(scope: Construct, key: kms.IKey): void {
  const { partition, region, account, urlSuffix } = Stack.of(scope);
  // Of this service alone the name has the ending of the partition: in China another one.
  const { domainSuffix = urlSuffix } = Token.isUnresolved(region) ? {} : RegionInfo.get(region);
  const service = `logs.${region}.${domainSuffix}`;
  // Of all log groups: one by name would depend on the key, and the key on it.
  const logGroups = `arn:${partition}:logs:${region}:${account}:log-group:*`;
  const condition = { 'kms:EncryptionContext:aws:logs:arn': logGroups };
  const { statementAdded } = key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(service)],
      actions: LOGS_KEY,
      resources: ['*'],
      conditions: { ArnLike: condition },
    }),
  );
  if (statementAdded) return;
  Annotations.of(scope).addWarningV2(
    'tidemark:logs-key',
    `the policy of the encryption key has to let ${service} do ${LOGS_KEY.join(', ')}, on condition of ArnLike ${JSON.stringify(condition)}, or the log groups cannot be created`,
  );
}

const LOGS_KEY = [
  'kms:Encrypt*',
  'kms:Decrypt*',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:Describe*',
];
