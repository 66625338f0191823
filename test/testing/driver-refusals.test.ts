import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { combine, lateEvents, pipeline, SECONDS, TumblingWindow, table } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';

const clicks = () =>
  pipeline('test').stream('clicks', {
    schema: z.object({ at: z.number(), page: z.string() }),
    timestamp: ({ at }) => at,
    outOfOrderness: 0,
  });

/** A sink of each kind, and a place for late events. */
function everything() {
  const stream = clicks();
  const keyed = stream.keyBy(({ page }) => page);
  const windows = keyed
    .window(TumblingWindow.of(10, SECONDS))
    .sideOutput(lateEvents('late-clicks'))
    .count({ name: 'counts' });
  return combine(
    windows.to(table('windows')),
    stream.to(table('events')),
    keyed.count({ name: 'totals' }).to(table('rows')),
  );
}

const refusal = (code: string, fact: string, hint: string) =>
  expect.objectContaining({ name: 'TestDriverError', code, fact, hint });

describe('asked for what a sink does not hold, the driver says how to ask', () => {
  const driver = testDriver(everything());
  const ask = {
    results: (sink?: string) => driver.results(sink),
    events: (sink?: string) => driver.events(sink),
    rows: (sink?: string) => driver.rows(sink),
  };

  test.each([
    ['results', 'events', 'events holds events, no results of windows', 'events'],
    ['results', 'rows', 'rows holds rows by key, no results of windows', 'rows'],
    ['events', 'windows', 'windows holds results of windows, no events', 'results'],
    ['events', 'rows', 'rows holds rows by key, no events', 'rows'],
    ['rows', 'windows', 'windows holds results of windows, no rows by key', 'results'],
    ['rows', 'events', 'events holds events, no rows by key', 'events'],
  ] as const)('%s of %s', (method, sink, fact, other) => {
    const hint = `Ask for them with driver.${other}('${sink}').`;
    expect(() => ask[method](sink)).toThrow(refusal('SINK_SHAPE', fact, hint));
  });

  test.each(['results', 'events', 'rows'] as const)(
    '%s of the only sink that has them',
    (method) => {
      expect([...ask[method]()]).toEqual([]);
    },
  );

  test('late events of the place that keeps them', () => {
    const fact = 'late-clicks is a place for late events, no sink of results';
    const hint = 'Ask for them with driver.late(): each says in sideOutput which place keeps it.';
    for (const method of [ask.results, ask.events, ask.rows, driver.takeOutputs]) {
      expect(() => method('late-clicks')).toThrow(refusal('SINK_UNKNOWN', fact, hint));
    }
  });

  test('without a name, where no sink has them', () => {
    const one = testDriver(clicks().to(table('raw')));
    expect(() => one.results()).toThrow(
      refusal(
        'SINK_SHAPE',
        'no sink of the plan holds results of windows',
        "Ask for what there is with driver.events('raw').",
      ),
    );
  });

  test('without a name, where several sinks have them', () => {
    const stream = clicks();
    const two = testDriver(combine(stream.to(table('one')), stream.to(table('two'))));
    expect(() => two.events()).toThrow(
      refusal(
        'SINK_UNKNOWN',
        'several sinks of the plan hold events',
        'Name one: driver.events(...) of one, two.',
      ),
    );
    expect(two.takeOutputs()).toEqual([]);
  });
});

test('late events say which place keeps them, if one does', async () => {
  const driver = testDriver(everything());
  await driver.send({ at: 50_000, page: 'a' }, { at: 1, page: 'b' });
  expect(driver.late()).toMatchObject([{ number: 1, stage: 'counts', sideOutput: 'late-clicks' }]);
  const counts = clicks()
    .keyBy(({ page }) => page)
    .window(TumblingWindow.of(10, SECONDS))
    .count();
  const dropping = testDriver(counts.to(table('counts')));
  await dropping.send({ at: 50_000, page: 'a' }, { at: 1, page: 'b' });
  expect(dropping.late()).toMatchObject([{ number: 1, sideOutput: undefined }]);
});

test.each([
  ['nothing', undefined],
  ['a stream', clicks()],
  ['a name', 'clicks'],
])('a driver of %s is refused', (_, plan) => {
  const fact = 'the driver was not given a plan';
  expect(() => testDriver(plan as never)).toThrow(
    expect.objectContaining({ name: 'PlanError', code: 'PLAN_INVALID', fact }),
  );
});

test('an option of the driver that is spelled wrong is refused', () => {
  expect(() => testDriver(everything(), { lane: 2 } as never)).toThrow(
    refusal('SETTING_INVALID', 'the driver has no option lane', 'Did you mean lanes?'),
  );
});

test('an event that JSON cannot hold is refused, and none of those sent with it is taken', async () => {
  const driver = testDriver(clicks().to(table('raw')));
  const round: { self?: unknown } = {};
  round.self = round;
  for (const event of [{ at: 1n }, round]) {
    await expect(driver.send({ at: 0, page: 'a' }, event)).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringMatching(/^an event cannot be sent: .*\n.*String\(x\)/),
    });
  }
  expect(await driver.send({ at: 0, page: 'a' })).toEqual([0]);
  expect(driver.events()).toHaveLength(1);
});
