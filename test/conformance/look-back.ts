import { SlidingWindow, TumblingWindow } from '../../src/index.ts';
import { testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference } from './compare.ts';
import { numberIn, type Vector } from './vector.ts';
import { NOT_FROM_EVENTS } from './window-settings.ts';
import { aggregatesOf, planOf } from './windows.ts';

/** The look-back at each event: one result an event, and what is late. */
export async function lookBack(vector: Vector): Promise<Check[]> {
  const checks = await Promise.all(aggregatesOf(vector).map((name) => compareWith(vector, name)));
  return checks.flat();
}

async function compareWith(vector: Vector, aggregate: string): Promise<Check[]> {
  const { inputs, params, expected } = vector;
  const spanMs = numberIn(params, 'preceding') ?? 0;
  // To look back not at all is to see the events of the same ms: one result for all of them.
  const window = spanMs === 0 ? TumblingWindow.of(1) : SlidingWindow.of(spanMs);
  const rows = (all: string[]): string[] => (spanMs === 0 ? [...new Set(all)] : all);
  const settings = { window, resolution: 1, outOfOrderness: NOT_FROM_EVENTS, allowedLateness: 0 };
  const driver = testDriver(planOf(settings, aggregate));
  const sent: number[] = [];
  for (const { type, i, key, value, ts = 0 } of inputs) {
    if (type === 'watermark') await driver.advanceWatermarkTo(ts);
    if (type !== 'record') continue;
    await driver.send({ key, value, ts });
    sent.push(i);
  }
  await driver.end();
  const ours = driver.takeOutputs().map((one) => row(one.key, one.windowEnd - 1, one.value));
  const theirs = expected.finals.map((final) => row(final.key, final.ts, final[aggregate]));
  const late = driver.late().map(({ number }) => String(sent[number]));
  const theirLate = expected.late.map(({ i }) => String(i));
  return [
    { name: 'finals', difference: difference(rows(theirs), ours) },
    { name: 'late', difference: difference(theirLate, late) },
  ];
}

const row = (key: string, ts: unknown, value: unknown): string => `${key} at ${ts} = ${value}`;
