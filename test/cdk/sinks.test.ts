import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RemovalPolicy, type Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type PipelineProps, streamSink } from '../../src/cdk/index.ts';
import {
  custom,
  MINUTES,
  type Plan,
  pipeline,
  type SinkPlan,
  stream,
  TumblingWindow,
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

test('a sink that only its author knows has to be given', () => {
  expect(() => endingIn(custom('mine'), () => ({}))).toThrow(
    'the sink "mine" is of kind "custom", which is not created by default',
  );
});

/** A pipeline with that end. */
function endingIn(sink: SinkPlan, change: (stack: Stack) => Partial<PipelineProps>) {
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
  return pipelineWith((stack) => ({ plan, ...change(stack) }));
}

const of = (rights: readonly string[] = [], what: string | RegExp): string[] =>
  rights.filter((line) => line.search(what) >= 0);

/** The variable that the function which fires is told by, as text. */
const told = (stack: Stack): string =>
  JSON.stringify(resource(stack, FUNCTION, 'Fire').Properties.Environment).replaceAll('\\', '');
