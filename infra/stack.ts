import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import {
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { Pipeline } from 'tidemark/cdk';
import clickstream from '../functions/clickstream/pipeline.ts';
import { MonthlyBudget } from './budget.ts';
import { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** The reference deployment: one stream of clicks, and the pipelines of `functions/` on it. */
export class TidemarkStack extends Stack {
  readonly clicks: kinesis.Stream;
  readonly pipelines: readonly Pipeline[];

  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, { description: 'Event-time pipelines on a clickstream', ...props });
    this.clicks = createStream(this, settings);
    const notices = new Notices(this, 'Notices', settings);
    const { clicks } = this;
    const common = { stage: settings.stage, alarms: { actions: [new SnsAction(notices.topic)] } };

    // A pipeline is a folder of functions/ and a line here.
    this.pipelines = [
      new Pipeline(this, 'Clickstream', {
        ...common,
        ...code('clickstream'),
        plan: clickstream,
        sources: { clicks },
      }),
    ];

    new MonthlyBudget(this, 'Budget', { ...settings, topic: notices.topic });
    new CfnOutput(this, 'ClicksStream', { value: clicks.streamName });
    for (const pipeline of this.pipelines) tell(pipeline);
  }
}

/** The handler of a folder of functions/, bundled from the sources of this repository. */
const code = (folder: string) => ({
  entry: new URL(`../functions/${folder}/handler.ts`, import.meta.url),
  bundling: { esbuildArgs: { '--conditions': 'tidemark-source,module' } },
});

function createStream(scope: Construct, { stage, onDemand, shards }: Settings): kinesis.Stream {
  const stream = new kinesis.Stream(scope, 'Clicks', {
    ...(onDemand
      ? { streamMode: kinesis.StreamMode.ON_DEMAND }
      : { streamMode: kinesis.StreamMode.PROVISIONED, shardCount: shards }),
    retentionPeriod: Duration.days(stage === 'prod' ? 7 : 1),
    encryption: kinesis.StreamEncryption.MANAGED,
    removalPolicy: stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  Validations.of(stream).acknowledge({
    id: 'AwsSolutions-KDS3',
    reason:
      'The key that AWS manages costs nothing; bring a key of your own where policy asks for it.',
  });
  return stream;
}

/** What whoever uses the deployment has to know. */
function tell(pipeline: Pipeline): void {
  const { control, state, sinkTables } = pipeline;
  for (const [name, { tableName }] of Object.entries({ control, state, ...sinkTables })) {
    new CfnOutput(pipeline, `Table-${name}`, { value: tableName });
  }
  new CfnOutput(pipeline, 'GatherFunction', { value: pipeline.gather.function.functionName });
  new CfnOutput(pipeline, 'FireFunction', { value: pipeline.fire.function.functionName });
  new CfnOutput(pipeline, 'GivenUpQueue', { value: pipeline.givenUp.queueUrl });
}
