import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Stack } from 'aws-cdk-lib/core';
import { describe, expect, test } from 'vitest';
import type { PipelineProps } from '../../src/cdk/index.ts';
import type { Plan } from '../../src/index.ts';
import { clicksPlan } from '../aws/plan.ts';
import { pipelineWith } from './synth.ts';

describe('what the functions are told', () => {
  test.each<[what: string, change: (stack: Stack) => Partial<PipelineProps>]>([
    ['some tables', () => ({ plan: planOf(15) })],
    [
      'many tables of short names',
      (stack) => ({
        plan: planOf(40),
        sinks: tablesOf(stack, 40, (n) => ({ tableName: `t${n}` })),
      }),
    ],
    ['a variable of one’s own', () => ({ gather: { environment: { NOTE: 'x'.repeat(3_000) } } })],
  ])('may be %s', (_, change) => {
    const { stack } = pipelineWith(change);
    expect(() => Template.fromStack(stack)).not.toThrow();
  });

  test.each<[what: string, change: (stack: Stack) => Partial<PipelineProps>, name: string]>([
    ['more tables than fit', () => ({ plan: planOf(40) }), 'Gather'],
    [
      'more tables that were brought in',
      (stack) => ({ plan: planOf(60), sinks: tablesOf(stack, 60) }),
      'Gather',
    ],
    [
      'a large variable of one’s own',
      () => ({ fire: { environment: { NOTE: 'x'.repeat(4_000) } } }),
      'Fire',
    ],
    [
      // Its quotes are escaped in what Lambda measures.
      'JSON that is almost as long',
      () => ({ fire: { environment: { NOTE: JSON.stringify('""'.repeat(700)) } } }),
      'Fire',
    ],
  ])('may not be %s', (_, change, name) => {
    const { stack } = pipelineWith(change);
    expect(() => Template.fromStack(stack)).toThrow(tooLarge(name));
  });

  test('may not be more with what is added later', () => {
    const { stack, made } = pipelineWith();
    made.gather.function.addEnvironment('NOTE', 'ü'.repeat(2_000));
    expect(() => Template.fromStack(stack)).toThrow(tooLarge('Gather'));
  });
});

const tooLarge = (name: string) =>
  expect.objectContaining({
    name: 'ConfigurationError',
    code: 'ENVIRONMENT_TOO_LARGE',
    message: expect.stringMatching(
      new RegExp(`the function Test/Pipeline/${name}/Function have \\d{4,} bytes.* takes 4096`),
    ),
    hint: expect.stringContaining('several pipelines'),
  });

/** The plan with so many tables of results. */
function planOf(tables: number): Plan {
  const plan = clicksPlan();
  const stages = plan.stages.map((stage) => {
    const [output] = stage.outputs;
    if (output === undefined) throw new Error('the stage has no output');
    return {
      ...stage,
      outputs: namesOf(tables).map((name) => ({ ...output, sink: { ...output.sink, name } })),
    };
  });
  return { ...plan, stages };
}

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `clicks-${n}`);

const tablesOf = (
  stack: Stack,
  count: number,
  called: (n: number) => { readonly tableName?: string } = () => ({}),
): Record<string, Table> =>
  Object.fromEntries(
    namesOf(count).map((name, n) => [
      name,
      new Table(stack, `Mine-${name}`, {
        partitionKey: { name: 'key', type: AttributeType.STRING },
        sortKey: { name: 'windowStart', type: AttributeType.NUMBER },
        ...called(n),
      }),
    ]),
  );
