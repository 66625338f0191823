import * as z from 'zod';
import { pipeline, TumblingWindow, table } from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference, line } from './compare.ts';
import { type Bounds, type Input, numberIn, type Vector } from './vector.ts';
import { NOT_FROM_EVENTS } from './window-settings.ts';

const schema = z.object({ key: z.string(), ts: z.number() });

function driverFor(vector: Vector, lanes: number, outOfOrderness: number): TestDriver {
  const plan = pipeline('conformance')
    .stream('in', { schema, timestamp: ({ ts }) => ts, outOfOrderness })
    .keyBy(({ key }) => key)
    .window(TumblingWindow.of(numberIn(vector.params, 'size') ?? 1000))
    .count({ name: 'stage' })
    .to(table('results'));
  return testDriver(plan, { lanes });
}

/** Partitions are lanes, and every tick shows where the stage stands. */
export async function partitions(vector: Vector): Promise<Check[]> {
  const { params, expected, inputs } = vector;
  const lanes = numberIn(params, 'partitions') ?? 1;
  const driver = driverFor(vector, lanes, numberIn(params, 'delay') ?? 0);
  const steps = new Steps(driver);
  const sent: number[] = [];
  for (const input of inputs) {
    const { type, key, ts, partition = 0, i } = input;
    if (type === 'record') {
      await driver.lane(partition).send({ key, ts });
      sent.push(i);
    }
    if (type === 'end') await driver.end();
    if (type !== 'record') await steps.look(i);
  }
  const rows = driver.results();
  const finals = rows.map((row) =>
    line(row.key, { start: row.windowStart, end: row.windowEnd }, row.value),
  );
  const theirs = expected.finals.map((one) => line(one.key, one.window as Bounds, one.value));
  const late = driver.late().map(({ number }) => String(sent[number]));
  return [
    { name: 'watermarks', difference: difference(watermarksOf(vector), steps.lines) },
    { name: 'finals', difference: difference(theirs, finals) },
    {
      name: 'late',
      difference: difference(
        expected.late.map(({ i }) => String(i)),
        late,
      ),
    },
  ];
}

/**
 * Channels are lanes whose watermarks are given. An active one always has a record that is not read
 * yet, and so lies behind; an idle one is read to its end: a tick proves it, and raises it.
 */
export async function channels(vector: Vector): Promise<Check[]> {
  const count = numberIn(vector.params, 'channels') ?? 1;
  const driver = driverFor(vector, count, NOT_FROM_EVENTS);
  const steps = new Steps(driver);
  for (let n = 0; n < count; n++) await activate(driver, n);
  for (const input of vector.inputs) {
    await change(driver, input);
    await driver.tick();
    await steps.look(input.i);
  }
  return [{ name: 'watermarks', difference: difference(watermarksOf(vector), steps.lines) }];
}

async function change(driver: TestDriver, { type, partition = 0, ts = 0 }: Input): Promise<void> {
  if (type === 'watermark') await driver.lane(partition).advanceWatermarkTo(ts);
  if (type === 'idle') await driver.lane(partition).resume();
  if (type === 'active') await activate(driver, partition);
}

async function activate(driver: TestDriver, number: number): Promise<void> {
  const lane = driver.lane(number);
  await lane.pause();
  await lane.send({ key: 'unread', ts: 0 });
}

/** The watermarks of a stage, as they rise. */
class Steps {
  readonly lines: string[] = [];
  readonly #driver: TestDriver;
  #last = -Infinity;

  constructor(driver: TestDriver) {
    this.#driver = driver;
  }

  async look(after: number): Promise<void> {
    const now = await this.#driver.watermark();
    if (now <= this.#last) return;
    this.#last = now;
    this.lines.push(`${after}: ${now === Infinity ? 'end' : now}`);
  }
}

const watermarksOf = ({ expected }: Vector): string[] =>
  (expected.watermarks ?? []).flatMap(({ after, watermark }) =>
    watermark === undefined ? [] : [`${after}: ${watermark}`],
  );
