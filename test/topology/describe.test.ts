import { expect, describe as suite, test } from 'vitest';
import * as z from 'zod';
import {
  describeJson,
  describeMermaid,
  HoppingWindow,
  MINUTES,
  pipeline,
  SECONDS,
  table,
} from '../../src/index.ts';

const plan = pipeline('clickstream')
  .stream('clicks', {
    schema: z.object({ at: z.number(), url: z.string(), action: z.string() }),
    timestamp: (e) => e.at,
    outOfOrderness: 30 * SECONDS,
  })
  .map((e) => e)
  .filter((e) => e.action === 'click')
  .keyBy((e) => e.url)
  .window(HoppingWindow.of(10, MINUTES).every(5, MINUTES))
  .count({ name: 'clicks-per-page' })
  .to(table('page-clicks'));

suite('a plan in JSON', () => {
  test('has all settings, durations in ms, and no functions', () => {
    expect(describeJson(plan)).toEqual({
      pipeline: 'clickstream',
      streams: [
        {
          name: 'clicks',
          time: 'event',
          outOfOrdernessMs: 30_000,
          maxFutureSkewMs: 60_000,
          maxDelayMs: null,
          onBadRecord: 'deadLetter',
        },
      ],
      stages: [
        {
          name: 'clicks-per-page',
          inputs: [
            {
              from: { kind: 'stream', name: 'clicks' },
              steps: ['map', 'filter', 'keyBy'],
              side: 0,
            },
          ],
          operator: 'hopping-10m-every-5m-count',
          resolutionMs: 300_000,
          buckets: 4,
          keysPerChunk: 500,
          outputs: [{ steps: [], to: { kind: 'table', name: 'page-clicks' } }],
        },
      ],
    });
  });

  test('is the same after a way through text', () => {
    expect(JSON.parse(JSON.stringify(describeJson(plan)))).toEqual(describeJson(plan));
  });
});

test('a plan as a diagram', () => {
  expect(describeMermaid(plan)).toMatchInlineSnapshot(`
    "flowchart LR
      stream0[/"clicks<br/>out of order by 30s"/]
      stage0["clicks-per-page<br/>hopping-10m-every-5m-count"]
      sink0[("page-clicks<br/>table")]
      stream0 -->|"map > filter > keyBy"| stage0
      stage0 --> sink0"
  `);
});
