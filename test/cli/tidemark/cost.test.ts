import { expect, test } from 'vitest';
import clickstream from '../../../functions/clickstream/pipeline.ts';
import { costText } from '../../../src/cli/tidemark/cost-command.ts';
import { flowOf } from '../../../src/cli/tidemark/unit-model.ts';
import { pipelineWith } from '../../cdk/synth.ts';
import { called } from './called.ts';

const LOAD = { rate: 1_000, shards: 4, keys: 10_000, batchSeconds: 1 };

test('a month of the clickstream, and of the least that Managed Flink costs', () => {
  expect(costText(clickstream, { ...LOAD, memory: 1_769 })).toMatchInlineSnapshot(`
    "clickstream: 1,000 events/s, 4 shards, 10,000 keys; about, without the stream itself
      units an event: 0.0273 written, 0.0333 for results, 0.0049 read
      Lambda invocations                $2.11 a month
      Lambda time                      $13.34 a month
      DynamoDB writes                  $44.87 a month
      DynamoDB writes, results         $54.75 a month
      DynamoDB reads                    $1.60 a month
      together                        $116.66 a month, $0.04 a million events
      Managed Flink, at least         $165.60 a month, as long as 1 processing unit is enough
      Flink would cost more, also if its results went to the same table."
  `);
});

test('it is reckoned with functions as large as they are deployed', async () => {
  const { out } = await called('cost', '--help');
  const { memoryMb } = pipelineWith().made.gather;
  expect(out).toContain(`of the functions (default: ${memoryMb})`);
});

test('says so where Flink is cheaper', () => {
  const many = { ...LOAD, rate: 20_000, shards: 40, memory: 1_769 };
  expect(costText(clickstream, many)).toContain('Flink would cost less');
});

test.each([
  ['a batch pays for bytes, so larger ones cost less an event', { batchSeconds: 10 }, 'fewer'],
  ['results are one a key and window, however often it is hit', { rate: 100_000 }, 'fewer'],
  ['more shards cost more', { shards: 100 }, 'more'],
] as const)('%s', (_what, change, how) => {
  const perEvent = (load: typeof LOAD): number => {
    const { written, results } = flowOf(clickstream, load);
    return (written + results) / load.rate;
  };
  const [before, after] = [perEvent(LOAD), perEvent({ ...LOAD, ...change })];
  if (how === 'fewer') expect(after).toBeLessThan(before);
  else expect(after).toBeGreaterThan(before);
});
