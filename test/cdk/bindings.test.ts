import { AttributeType, StreamViewType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { S3OnFailureDestination } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { given } from '../../src/cdk/given.ts';
import {
  kinesisSource,
  type LookupBinding,
  type PipelineProps,
  type SinkBinding,
  type SourceBinding,
  tableLookup,
  tableSink,
} from '../../src/cdk/index.ts';
import { type Plan, pipeline, rowsOf, table } from '../../src/index.ts';
import { clicksPlan } from '../aws/plan.ts';
import { policiesOf } from './policies.ts';
import { pipelineWith, resource, resources } from './synth.ts';

const TABLE = 'AWS::DynamoDB::GlobalTable';
const FUNCTION = 'AWS::Lambda::Function';
const MAPPING = 'AWS::Lambda::EventSourceMapping';

describe('a kind of sink that the library does not know', () => {
  const queueSink: SinkBinding = {
    bind(scope, { writers, holds, name }) {
      const queue = new Queue(scope, 'Queue');
      for (const writer of writers) queue.grantSendMessages(writer);
      return {
        resource: { kind: 'queue', name: queue.queueName, holds, of: name },
        grantRead: (grantee) => void queue.grantConsumeMessages(grantee),
      };
    },
  };

  test('takes the place of a table, and tells the handler its kind', () => {
    const { stack, made } = pipelineWith(() => ({ sinks: { 'page-clicks': queueSink } }));
    expect(Object.keys(resources(stack, TABLE)).join()).not.toContain('pageclicks');
    expect(told(resource(stack, FUNCTION, 'Fire').Properties)).toContain(
      '"sinks":{"page-clicks":{"kind":"queue"',
    );
    expect(told(resource(stack, FUNCTION, 'Fire').Properties)).toContain(
      '"holds":"windows","of":"page-clicks"',
    );
    expect(made.sinkTables).not.toHaveProperty('page-clicks');
    expect(policiesOf(stack).Fire).toContain('sqs:SendMessage on ResultspageclicksQueue');
    expect(policiesOf(stack).Gather).not.toContain('sqs:SendMessage on ResultspageclicksQueue');
  });

  test.each<[string, Partial<PipelineProps>]>([
    ['dead letters', { deadLetters: queueSink }],
    ['late events', { lateEvents: { 'late-clicks': queueSink } }],
  ])('can take %s as well', (_, change) => {
    const { stack } = pipelineWith(() => change);
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain('"kind":"queue"');
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain('"holds":"letters"');
  });

  test('lets those read it that may read results', () => {
    const { stack, made } = pipelineWith((scope) => {
      new Role(scope, 'Reader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      return { sinks: { 'page-clicks': queueSink } };
    });
    made.grantReadResults(stack.node.findChild('Reader') as Role, 'page-clicks');
    expect(policiesOf(stack).Reader).toContain('sqs:ReceiveMessage on ResultspageclicksQueue');
  });
});

describe('a kind of source that the library does not know', () => {
  const tableStream = (table: TableV2): SourceBinding => ({
    bind(scope, { name, gather, givenUp }) {
      new EventSourceMapping(scope, 'Mapping', {
        target: gather,
        eventSourceArn: table.tableStreamArn ?? '',
        startingPosition: StartingPosition.TRIM_HORIZON,
        onFailure: givenUp,
      });
      table.grantStreamRead(gather);
      return {
        resource: { kind: 'table-stream', name: table.tableName, of: name },
        lanes: undefined,
        retention: Duration.hours(24),
      };
    },
  });

  test('brings its own trigger, and tells the handler its kind', () => {
    const { stack, made } = pipelineWith((scope) => ({
      sources: {
        clicks: tableStream(
          new TableV2(scope, 'Orders', {
            partitionKey: { name: 'id', type: AttributeType.STRING },
            dynamoStream: StreamViewType.NEW_IMAGE,
          }),
        ),
      },
    }));
    const mappings = Object.keys(resources(stack, 'AWS::Lambda::EventSourceMapping'));
    expect(mappings).toHaveLength(2);
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain(
      '"sources":{"clicks":{"kind":"table-stream"',
    );
    expect(made.dashboard).toBeDefined();
  });
});

test('what a mapping gives up may be kept in a bucket', () => {
  const { stack } = pipelineWith((scope) => ({
    onFailure: new S3OnFailureDestination(new Bucket(scope, 'GaveUp') as IBucket),
  }));
  const { Properties } = resource(stack, 'AWS::Lambda::EventSourceMapping', 'clicksMapping');
  expect(Properties.DestinationConfig).toEqual({
    OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('GaveUp'), 'Arn'] } },
  });
});

describe('what exists already', () => {
  const existing = (change: Parameters<typeof pipelineWith>[0]) => pipelineWith(change).stack;

  test('a table for results is written, and not created', () => {
    const stack = existing((scope) => ({
      sinks: {
        'page-clicks': new Table(scope, 'Pages', {
          partitionKey: { name: 'key', type: AttributeType.STRING },
          sortKey: { name: 'windowStart', type: AttributeType.NUMBER },
        }),
      },
    }));
    expect(Object.keys(resources(stack, TABLE)).join()).not.toContain('pageclicks');
    expect(policiesOf(stack).Fire).toContain('dynamodb:BatchWriteItem on Pages');
  });

  test('a table of another stack is written by its name', () => {
    const stack = existing((scope) => ({
      sinks: { 'page-clicks': tableSink(TableV2.fromTableName(scope, 'Pages', 'pages-table')) },
    }));
    expect(told(resource(stack, FUNCTION, 'Fire').Properties)).toContain('"name":"pages-table"');
  });

  test('control and state are used, and not created', () => {
    const stack = existing((scope) => {
      const keys = {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        sortKey: { name: 'sk', type: AttributeType.STRING },
      };
      const dynamoStream = StreamViewType.NEW_IMAGE;
      return {
        stateTables: {
          control: new TableV2(scope, 'MyControl', { ...keys, dynamoStream }),
          state: new TableV2(scope, 'MyState', keys),
        },
      };
    });
    expect(Object.keys(resources(stack, TABLE)).join()).not.toContain('Tables');
    expect(policiesOf(stack).Fire).toContain('dynamodb:GetRecords on MyControl stream');
  });

  test('a stream of another stack is read by its ARN', () => {
    const stack = existing((scope) => ({
      sources: {
        clicks: Stream.fromStreamArn(
          scope,
          'There',
          'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks-there',
        ),
      },
    }));
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain('"name":"clicks-there"');
  });

  const THERE = 'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks-there';
  const CONSUMER = `${THERE}/consumer/fan-out:1700000000`;

  test('a stream may come by a consumer of its own, and is told by its name', () => {
    const { stack } = pipelineWith((scope) => ({
      sources: {
        clicks: kinesisSource(Stream.fromStreamArn(scope, 'There', THERE), {
          consumer: StreamConsumer.fromStreamConsumerArn(scope, 'Consumer', CONSUMER),
        }),
      },
    }));
    expect(resource(stack, MAPPING, 'clicks').Properties).toMatchObject({
      EventSourceArn: CONSUMER,
    });
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain('"name":"clicks-there"');
    const rights = policiesOf(stack).Gather?.filter((one) => one.includes('/consumer/'));
    expect(rights).toEqual([
      `kinesis:DescribeStreamConsumer on ${CONSUMER}`,
      `kinesis:SubscribeToShard on ${CONSUMER}`,
    ]);
  });

  test.each([
    ['given as the stream', (scope: Stack) => Stream.fromStreamArn(scope, 'There', CONSUMER)],
    [
      'of another stream',
      (scope: Stack) =>
        kinesisSource(Stream.fromStreamArn(scope, 'There', `${THERE}-2`), {
          consumer: StreamConsumer.fromStreamConsumerArn(scope, 'Consumer', CONSUMER),
        }),
    ],
  ])('a consumer %s is refused', (_, clicks) => {
    expect(() => pipelineWith((scope) => ({ sources: { clicks: clicks(scope) } }))).toThrow(
      expect.objectContaining({ code: 'MAPPING_INVALID' }),
    );
  });
});

describe('a table to look rows up in', () => {
  const plan = pipeline('clicks')
    .stream('clicks', {
      schema: z.object({ at: z.number(), user: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
    })
    .lookup(rowsOf('users'), { key: (e) => e.user })
    .map(({ row }) => row)
    .to(table('named'));
  const id = { name: 'id', type: AttributeType.STRING };
  const there = (scope: Stack) => TableV2.fromTableName(scope, 'Users', 'users-there');

  test('is read by the function that gathers, by the key that the app says', () => {
    const { stack } = pipelineWith((scope) => ({
      plan,
      lookups: { users: new TableV2(scope, 'Users', { partitionKey: id }) },
    }));
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain('"keyAttribute":"id"');
    expect(policiesOf(stack).Gather).toContain('dynamodb:BatchGetItem on Users');
    expect(policiesOf(stack).Fire?.join()).not.toContain('Users');
  });

  test('of another stack is read by the key that it is told', () => {
    const { stack } = pipelineWith((scope) => ({
      plan,
      lookups: { users: tableLookup(there(scope), { keyAttribute: 'user' }) },
    }));
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain(
      '"lookups":{"users":{"kind":"table","name":"users-there","keyAttribute":"user"}}',
    );
  });

  test('may be of another kind', () => {
    const cache: LookupBinding = { bind: () => ({ resource: { kind: 'cache', name: 'c' } }) };
    const { stack } = pipelineWith(() => ({ plan, lookups: { users: cache } }));
    expect(told(resource(stack, FUNCTION, 'Gather').Properties)).toContain('"kind":"cache"');
  });

  test.each<[string, (scope: Stack) => PipelineProps['lookups'], string, string]>([
    ['is missing', () => ({}), 'LOOKUP_MISSING', 'lookups: { "users": table }'],
    [
      'is not in the plan',
      (scope) => ({
        users: there(scope),
        pages: tableLookup(TableV2.fromTableName(scope, 'Pages', 'p')),
      }),
      'LOOKUP_UNKNOWN',
      'Choose from users',
    ],
    [
      'has a key that nobody knows',
      (scope) => ({ users: there(scope) }),
      'TABLE_KEY',
      "keyAttribute: 'id'",
    ],
    [
      'has a key of two parts',
      (scope) => ({
        users: new TableV2(scope, 'Two', { partitionKey: id, sortKey: { ...id, name: 'at' } }),
      }),
      'TABLE_KEY',
      'whole key',
    ],
  ])('is refused if it %s', (_, lookups, code, hint) => {
    expect(() =>
      pipelineWith((scope) => ({ plan, ...given({ lookups: lookups(scope) }) })),
    ).toThrow(expect.objectContaining({ code, hint: expect.stringContaining(hint) }));
  });
});

test('who writes: what has keys when it fires, what has none while it is gathered', () => {
  const relay = withBuckets(0);
  const { stack } = pipelineWith(() => ({ plan: relay }));
  const result = 'dynamodb:PutItem on ResultspageclicksTable';
  expect(policiesOf(stack).Gather).toContain(result);
  expect(policiesOf(stack).Fire).not.toContain(result);
});

function withBuckets(buckets: number): Plan {
  const plan = clicksPlan();
  return { ...plan, stages: plan.stages.map((stage) => ({ ...stage, buckets })) };
}

/** What a function is told, with references as their names. */
function told(properties: object): string {
  const { Environment } = properties as {
    Environment: { Variables: { TIDEMARK_RESOURCES: { 'Fn::Join': [string, unknown[]] } } };
  };
  const [separator, parts] = Environment.Variables.TIDEMARK_RESOURCES['Fn::Join'];
  return parts
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    .join(separator);
}
