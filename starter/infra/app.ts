import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { App, CfnOutput, Stack } from 'aws-cdk-lib/core';
import { Pipeline } from 'tidemark/cdk';
import plan from '../src/pipeline.ts';

const app = new App();
const stack = new Stack(app, 'clicks');
const clicks = new Stream(stack, 'Stream', { shardCount: 1 });

// `dev` leaves nothing behind when the stack is deleted; without it tables stay.
new Pipeline(stack, 'Pipeline', {
  plan,
  entry: new URL('../src/handler.ts', import.meta.url),
  sources: { clicks },
  stage: 'dev',
});
new CfnOutput(stack, 'StreamName', { value: clicks.streamName });
