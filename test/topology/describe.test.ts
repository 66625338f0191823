import { expect, describe as suite, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  describe,
  describeJson,
  describeMermaid,
  HoppingWindow,
  lateEvents,
  MINUTES,
  pipeline,
  SECONDS,
  TumblingWindow,
  table,
} from '../../src/index.ts';
import { hotItemsPlan } from '../support/hot-items.ts';

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
          late: { allowedLatenessMs: 0, emitEveryMs: 0, sideOutput: null },
          resolutionMs: 300_000,
          buckets: 4,
          keysPerChunk: 500,
          outputs: [{ steps: [], shape: 'windows', to: { kind: 'table', name: 'page-clicks' } }],
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

suite('a chain of stages', () => {
  const chain = hotItemsPlan();

  test('in words', () => {
    expect(describe(chain)).toMatchInlineSnapshot(`
      "pipeline auctions
        stream bids
          time           event
          outOfOrderness 5s
          maxFutureSkew  1m
          maxDelay       10s
          onBadRecord    deadLetter
        stage bids-per-auction
          from       bids > keyBy
          operator   hopping-1m-every-10s-count
          late       drop
          resolution 10s
          buckets    4
          chunks of  500 keys
          to         table counts
        stage hottest
          from       bids-per-auction > keyBy
          operator   tumbling-10s-max-by
          late       drop
          resolution 10s
          buckets    4
          chunks of  500 keys
          to         table hot"
    `);
  });

  test('as a diagram', () => {
    expect(describeMermaid(chain)).toMatchInlineSnapshot(`
      "flowchart LR
        stream0[/"bids<br/>out of order by 5s"/]
        stage0["bids-per-auction<br/>hopping-1m-every-10s-count"]
        stage1["hottest<br/>tumbling-10s-max-by"]
        sink0[("counts<br/>table")]
        sink1[("hot<br/>table")]
        stream0 -->|"keyBy"| stage0
        stage0 --> sink0
        stage0 -->|"keyBy"| stage1
        stage1 --> sink1"
    `);
  });

  test('in JSON says where each stage reads', () => {
    const reads = describeJson(chain).stages.map(({ name, inputs }) => [name, inputs[0]?.from]);
    expect(reads).toEqual([
      ['bids-per-auction', { kind: 'stream', name: 'bids' }],
      ['hottest', { kind: 'stage', name: 'bids-per-auction' }],
    ]);
  });
});

suite('two streams in one, with several ways out', () => {
  const schema = z.object({ at: z.number(), page: z.string() });
  const stream = (name: string) =>
    pipeline('shop').stream(name, { schema, timestamp: (e) => e.at, outOfOrderness: 0 });
  const clicks = stream('clicks');
  const counts = clicks
    .merge(stream('orders').filter((e) => e.page !== '/'))
    .keyBy((e) => e.page)
    .window(TumblingWindow.of(5, MINUTES))
    .allowedLateness(30 * SECONDS)
    .sideOutput(lateEvents('too-late'))
    .count({ name: 'per-page' });
  const merged = combine(
    counts.to(table('counts')),
    counts.filter(({ value }) => value > 9).to(table('busy')),
    clicks.to(table('raw-clicks')),
  );

  test('in words', () => {
    expect(describe(merged)).toMatchInlineSnapshot(`
      "pipeline shop
        stream clicks
          time           event
          outOfOrderness 0ms
          maxFutureSkew  1m
          maxDelay       none
          onBadRecord    deadLetter
        stream orders
          time           event
          outOfOrderness 0ms
          maxFutureSkew  1m
          maxDelay       none
          onBadRecord    deadLetter
        stage per-page
          from       clicks > keyBy
          from       orders > filter > keyBy
          operator   tumbling-5m-count-late-30000
          late       update for 30s, keep in too-late
          resolution 1s
          buckets    4
          chunks of  500 keys
          to         table counts
          to         filter > table busy
        stage clicks-to-raw-clicks
          from       clicks
          operator   relay
          to         table raw-clicks"
    `);
  });

  test('as a diagram', () => {
    expect(describeMermaid(merged)).toMatchInlineSnapshot(`
      "flowchart LR
        stream0[/"clicks<br/>out of order by 0ms"/]
        stream1[/"orders<br/>out of order by 0ms"/]
        stage0["per-page<br/>tumbling-5m-count-late-30000"]
        stage1["clicks-to-raw-clicks<br/>relay"]
        sink0[("counts<br/>table")]
        sink1[("busy<br/>table")]
        sink2[("raw-clicks<br/>table")]
        sink3[("too-late<br/>late")]
        stream0 -->|"keyBy"| stage0
        stream1 -->|"filter > keyBy"| stage0
        stage0 --> sink0
        stage0 -->|"filter"| sink1
        stage0 -.-> sink3
        stream0 --> stage1
        stage1 --> sink2"
    `);
  });

  test('in JSON', () => {
    const [perPage, relay] = describeJson(merged).stages;
    expect(perPage).toMatchObject({
      inputs: [
        { from: { kind: 'stream', name: 'clicks' }, steps: ['keyBy'] },
        { from: { kind: 'stream', name: 'orders' }, steps: ['filter', 'keyBy'] },
      ],
      late: { allowedLatenessMs: 30_000, emitEveryMs: 0, sideOutput: 'too-late' },
      outputs: [
        { steps: [], shape: 'windows', to: { name: 'counts' } },
        { steps: ['filter'], shape: 'windows', to: { name: 'busy' } },
      ],
    });
    expect(relay).toMatchObject({
      name: 'clicks-to-raw-clicks',
      buckets: 0,
      outputs: [{ steps: [], shape: 'events', to: { name: 'raw-clicks' } }],
    });
  });
});
