import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { CfnOutput, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

export type StreamSettings = Pick<Settings, 'stage' | 'onDemand' | 'shards'>;

/** The stream of this name in the stack: pipelines that have a source of one name read the same. */
export function streamOf(scope: Construct, name: string, settings: StreamSettings): kinesis.Stream {
  const known = scope.node.tryFindChild(name);
  return known instanceof kinesis.Stream ? known : createStream(scope, name, settings);
}

function createStream(
  scope: Construct,
  name: string,
  { stage, onDemand, shards }: StreamSettings,
): kinesis.Stream {
  const stream = new kinesis.Stream(scope, name, {
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
  new CfnOutput(scope, `Stream-${name}`, { value: stream.streamName });
  return stream;
}
