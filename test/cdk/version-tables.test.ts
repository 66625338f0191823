import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { expect, test } from 'vitest';
import { pipelineWith, resource, resources } from './synth.ts';

test('a pipeline is deployed over the tables that a replay has made', () => {
  const { stack } = pipelineWith((stack) => {
    const made = (id: string) => TableV2.fromTableName(stack, id, `old-${id}-v2`);
    const control = TableV2.fromTableAttributes(stack, 'control', {
      tableName: 'old-control-v2',
      tableStreamArn:
        'arn:aws:dynamodb:eu-west-1:123456789012:table/old-control-v2/stream/2026-03-01T00:00:00.000',
    });
    return {
      stateTables: { control, state: made('state') },
      deadLetters: made('letters'),
      lateEvents: { 'late-clicks': made('late') },
      sinks: { 'page-clicks': made('page-clicks') },
    };
  });
  expect(resources(stack, 'AWS::DynamoDB::GlobalTable')).toEqual({});
  expect(
    resource(stack, 'AWS::Lambda::EventSourceMapping', 'ControlStream').Properties,
  ).toMatchObject({
    EventSourceArn: expect.stringContaining('old-control-v2/stream'),
  });
  const told = JSON.stringify(resource(stack, 'AWS::Lambda::Function', 'Fire').Properties);
  for (const table of ['control', 'state', 'letters', 'page-clicks']) {
    expect(told).toContain(`old-${table}-v2`);
  }
});
