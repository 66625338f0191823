import { readdirSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { type CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { App, Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import cart from '../../functions/cart/pipeline.ts';
import { FolderPipeline } from '../../infra/folder-pipeline.ts';
import { AwsSolutionsChecks } from '../../infra/nag.ts';
import { type Settings, settingsOf } from '../../infra/settings.ts';
import { TidemarkStack } from '../../infra/stack.ts';
import { Pipeline } from '../../src/cdk/index.ts';
import { policiesOf } from '../cdk/policies.ts';

const settings = (context: Readonly<Record<string, unknown>> = {}): Settings =>
  settingsOf((key) => context[key]);

function stackWith(context: Readonly<Record<string, unknown>>): {
  readonly stack: TidemarkStack;
  readonly template: Template;
} {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new TidemarkStack(app, 'tidemark', settings(context));
  return { stack, template: Template.fromStack(stack) };
}

describe('the settings', () => {
  test('have defaults that cost little and leave nothing behind', () => {
    expect(settings()).toEqual({
      stage: 'dev',
      onDemand: false,
      shards: 4,
      pipelines: 'few',
      budget: 20,
      email: undefined,
    });
  });

  test.each`
    context                                            | expected
    ${{ stage: 'prod' }}                               | ${{ stage: 'prod', budget: 200 }}
    ${{ stage: 'prod', budget: '50' }}                 | ${{ stage: 'prod', budget: 50 }}
    ${{ stream: 'on-demand', email: 'a@example.org' }} | ${{ onDemand: true, email: 'a@example.org' }}
  `('$context', ({ context, expected }) => {
    expect(settings(context)).toMatchObject(expected);
  });

  test.each`
    context               | message
    ${{ stage: 'test' }}  | ${'-c stage takes dev or prod, not "test"'}
    ${{ stream: 'big' }}  | ${'-c stream takes provisioned or on-demand'}
    ${{ shards: '0' }}    | ${'-c shards takes a whole number above 0'}
    ${{ pipelines: '2' }} | ${'-c pipelines takes few or all, not "2"'}
    ${{ shards: '1.5' }}  | ${'-c shards takes a whole number above 0'}
    ${{ budget: 'much' }} | ${'-c budget takes US dollars'}
    ${{ budget: '0' }}    | ${'-c budget takes US dollars'}
  `('refuse $context', ({ context, message }) => {
    expect(() => settings(context)).toThrow(message);
  });
});

describe('a pipeline of a folder', () => {
  const { stage, onDemand, shards } = settings();

  test('takes what a pipeline takes, and alarms of its own to the topic of all', () => {
    const { stack, topic } = emptyStack();
    const events = new Stream(stack, 'Mine', { shardCount: 1 });
    new FolderPipeline(stack, 'Cart', {
      ...{ stage, onDemand, shards, topic, plan: cart },
      sources: { 'cart-events': events },
      alarms: { deadLetters: 7 },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Kinesis::Stream', 1);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'DeadLetters',
      Threshold: 7,
      AlarmActions: [{ Ref: stack.getLogicalId(topic.node.defaultChild as CfnTopic) }],
    });
  });

  test('reads one stream with another that has a source of its name', () => {
    const { stack, topic } = emptyStack();
    for (const id of ['One', 'Two']) {
      new FolderPipeline(stack, id, { stage, onDemand, shards, topic, plan: cart });
    }
    Template.fromStack(stack).resourceCountIs('AWS::Kinesis::Stream', 1);
  });

  test('has a folder', () => {
    const { stack, topic } = emptyStack();
    const plan = { ...cart, name: 'nowhere' };
    expect(() => new FolderPipeline(stack, 'X', { stage, onDemand, shards, topic, plan })).toThrow(
      /functions\/nowhere\/handler\.ts/,
    );
  });

  function emptyStack() {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'test');
    return { stack, topic: new Topic(stack, 'Topic') };
  }
});

describe('the stack', () => {
  const dev = stackWith({});
  const prod = stackWith({ stage: 'prod', email: 'ops@example.org' });
  // Whoever adds one adds no line here.
  const pipelines = pipelinesOf(dev.stack);

  test('has for each pipeline a stream of four shards for a day, encrypted', () => {
    dev.template.resourceCountIs('AWS::Kinesis::Stream', sourcesOf(pipelines).size);
    dev.template.allResources('AWS::Kinesis::Stream', {
      Properties: {
        ShardCount: 4,
        RetentionPeriodHours: 24,
        StreamEncryption: { EncryptionType: 'KMS' },
      },
      DeletionPolicy: 'Delete',
    });
  });

  test('has the clickstream and the carts, each with a dashboard', () => {
    expect(pipelines.map(({ plan }) => plan.name)).toEqual(
      expect.arrayContaining(['cart', 'clickstream']),
    );
    dev.template.resourceCountIs('AWS::CloudWatch::Dashboard', pipelines.length);
  });

  test('may have every pipeline of functions/, over the streams that they share', () => {
    const { stack, template } = stackWith({ pipelines: 'all' });
    const all = pipelinesOf(stack);
    const folders = readdirSync(new URL('../../functions', import.meta.url));
    expect(all.map(({ plan }) => plan.name).sort()).toEqual(folders.sort());
    template.resourceCountIs('AWS::CloudWatch::Dashboard', folders.length);
    template.resourceCountIs('AWS::Kinesis::Stream', sourcesOf(all).size);
    // What CloudFormation takes.
    expect(Object.keys(template.toJSON().Resources).length).toBeLessThanOrEqual(500);
    expect(new AwsSolutionsChecks(stack).validateScope(stack).violations).toEqual([]);
  });

  test('pushes alerts of fraud to whoever signs the request to connect', () => {
    const { stack, template } = stackWith({ pipelines: 'all' });
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(
      Object.fromEntries(
        routes.map(({ Properties }) => [Properties.RouteKey, Properties.AuthorizationType]),
      ),
    ).toEqual({ $connect: 'AWS_IAM', $disconnect: 'NONE' });
    const { FraudFire = [], FraudPush } = policiesOf(stack);
    const pushing = FraudFire.filter((line) => line.includes('FraudPush'));
    expect(pushing.map((line) => line.split(' ')[0])).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:Query',
      'execute-api:ManageConnections',
      'execute-api:ManageConnections',
    ]);
    expect(FraudPush).toEqual([
      'dynamodb:BatchWriteItem on FraudPushConnectionsTable',
      'dynamodb:DeleteItem on FraudPushConnectionsTable',
      'logs:CreateLogStream on FraudPushLog',
      'logs:PutLogEvents on FraudPushLog',
    ]);
    // Who is connected is of no use to whoever deploys anew.
    const [table] = Object.entries(template.findResources('AWS::DynamoDB::GlobalTable')).filter(
      ([id]) => id.startsWith('FraudPush'),
    );
    expect(table?.[1].DeletionPolicy).toBe('Delete');
  });

  test('in prod keeps records for a week, and everything when it goes', () => {
    prod.template.allResources('AWS::Kinesis::Stream', {
      Properties: { RetentionPeriodHours: 168 },
      DeletionPolicy: 'Retain',
    });
    for (const table of Object.values(prod.template.findResources('AWS::DynamoDB::GlobalTable'))) {
      expect(table).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: { Replicas: [{ DeletionProtectionEnabled: true }] },
      });
    }
    // Half of a week.
    prod.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'IteratorAge',
      Threshold: 84 * 3_600_000,
    });
  });

  test('may have as many shards as one wants', () => {
    const { template } = stackWith({ shards: '2' });
    template.allResourcesProperties('AWS::Kinesis::Stream', { ShardCount: 2 });
  });

  test('may have a stream that grows by itself', () => {
    const { template } = stackWith({ stream: 'on-demand' });
    template.allResourcesProperties('AWS::Kinesis::Stream', {
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    });
  });

  test('tells people of alarms and of the budget', () => {
    const topic = { Ref: expect.stringContaining('NoticesTopic') };
    for (const { Properties } of Object.values(
      prod.template.findResources('AWS::CloudWatch::Alarm'),
    )) {
      expect(Properties.AlarmActions).toEqual([topic]);
    }
    prod.template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.org',
    });
    expect(Object.keys(dev.template.findResources('AWS::SNS::Subscription'))).toEqual([]);
    prod.template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 200, Unit: 'USD' }, TimeUnit: 'MONTHLY' },
    });
    dev.template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 20 } },
    });
  });

  test('names what whoever uses it has to know', () => {
    const outputs = Object.keys(dev.template.findOutputs('*'));
    expect(outputs).toEqual(expect.arrayContaining(['Streamcartevents', 'Streamclicks']));
    const ofCart = outputs.filter((name) => name.startsWith('Cart')).sort();
    expect(ofCart).toMatchInlineSnapshot(`
      [
        "CartFireFunction446D3B12",
        "CartGatherFunction6ECA6EEE",
        "CartGivenUpQueueA0C16ACC",
        "CartTablecarthistory7B9CD534",
        "CartTablecarts065454E3",
        "CartTablecontrolA138487C",
        "CartTabledeadletters24ECE742",
        "CartTablestate06414907",
      ]
    `);
  });

  test.each([
    ['dev', dev],
    ['prod', prod],
  ])('in %s is clean by AwsSolutions of cdk-nag', (_, { stack }) => {
    expect(new AwsSolutionsChecks(stack).validateScope(stack).violations).toEqual([]);
  });
});

const pipelinesOf = (stack: Stack): Pipeline[] =>
  stack.node.children.filter((child) => child instanceof Pipeline);

const sourcesOf = (pipelines: readonly Pipeline[]): Set<string> =>
  new Set(pipelines.flatMap(({ plan }) => plan.sources.map(({ name }) => name)));
