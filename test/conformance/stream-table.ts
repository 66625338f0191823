import * as z from 'zod';
import { type Joined, type LookedUp, type Plan, pipeline, rowsOf, table } from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference } from './compare.ts';
import type { Input, Update, Vector } from './vector.ts';
import { NOT_FROM_EVENTS } from './window-settings.ts';

const schema = z.object({ key: z.string().nullable(), value: z.unknown(), ts: z.number() });
type Event = z.infer<typeof schema>;

/** Their streams have records without a key, which find no row in any table. */
const NO_KEY = 'no key at all';

/** A join with the versions of a table: final results, and what comes out when the watermark rises. */
export async function temporal(vector: Vector): Promise<Check[]> {
  // Without watermarks nothing is late, as in a batch.
  const batch = await runTemporal(vector, ({ type }) => type === 'record');
  const finals = batch.told.map(({ text }) => text);
  const checks: Check[] = [{ name: 'finals', difference: difference(finalsOf(vector), finals) }];
  // Kafka Streams tells a result as the event comes, or when its buffer lets it go.
  if (vector.engine !== 'flink') return checks;
  const { told, late } = await runTemporal(vector, () => true);
  return [
    ...checks,
    { name: 'updates', difference: difference(updatesOf(vector), told.map(lineOf)) },
    { name: 'late', difference: difference([], late) },
  ];
}

async function runTemporal(vector: Vector, takes: (input: Input) => boolean) {
  const driver = testDriver<Joined<Event, unknown>>(temporalPlan(vector));
  const told: Told[] = [];
  for (const input of vector.inputs.filter(takes).filter(isTaken)) {
    await step(driver, input);
    told.push(...tell(driver, input.i));
  }
  await driver.end();
  told.push(...tell(driver, Infinity));
  const bad = driver.deadLetters();
  if (bad.length > 0) throw new Error(`${bad.length} dead letters: ${bad[0]?.detail}`);
  return { told, late: driver.late().map(({ event }) => JSON.stringify(event)) };
}

const tell = (driver: TestDriver<Joined<Event, unknown>>, after: number): Told[] =>
  driver
    .takeOutputs()
    .map(({ value: { left, right } }) => ({ after, text: pairText(left.key, left.value, right) }));

function temporalPlan({ params }: Vector): Plan {
  const begin = pipeline('conformance');
  const read = (name: string) =>
    begin
      .stream(name, { schema, timestamp: ({ ts }) => ts, outOfOrderness: NOT_FROM_EVENTS })
      .keyBy(({ key }) => key ?? NO_KEY);
  const rows = read('table').toTable({ row: ({ value }) => value });
  // The engines look at every instant.
  const options = { name: 'join', resolution: 1 };
  const stream = read('stream');
  const sink = table('results');
  return params.joinType === 'inner'
    ? stream.joinAsOf(rows, options).to(sink)
    : stream.leftJoinAsOf(rows, options).to(sink);
}

async function step(driver: TestDriver<Joined<Event, unknown>>, input: Input): Promise<void> {
  const { type, stream, key, value, ts = 0 } = input;
  if (type === 'record') await driver.stream(stream ?? '').send({ key, value, ts });
  if (type === 'end') await driver.end();
  if (type !== 'watermark') return;
  if (stream === undefined) await driver.advanceWatermarkTo(ts);
  else await driver.stream(stream).advanceWatermarkTo(ts);
}

/** A join with a table as it is when a record arrives: rows of a table that others keep. */
export async function streamTable(vector: Vector): Promise<Check[]> {
  const required = vector.params.joinType === 'inner';
  const rows = rowsOf<{ value: unknown }>('table');
  const plan = pipeline('conformance')
    .stream('stream', { schema, timestamp: ({ ts }) => ts, outOfOrderness: 0 })
    .lookup(rows, required ? { key: ({ key }) => key, required } : { key: ({ key }) => key })
    .to(table('results'));
  const driver = testDriver<LookedUp<Event, { value: unknown } | undefined>>(plan);
  const told: Told[] = [];
  for (const { stream, key, value, ts, i } of vector.inputs.filter(isTaken)) {
    if (stream === 'stream') await driver.send({ key, value, ts });
    else if (typeof key !== 'string') continue;
    else if (value === null) await driver.lookup('table').delete(key);
    else await driver.lookup('table').put(key, { value });
    for (const { value } of driver.takeOutputs()) {
      const { event, row } = value;
      told.push({ after: i, text: pairText(event.key, event.value, row?.value) });
    }
  }
  return [
    { name: 'updates', difference: difference(updatesOf(vector), told.map(lineOf)) },
    {
      name: 'finals',
      difference: difference(
        finalsOf(vector),
        told.map(({ text }) => text),
      ),
    },
  ];
}

interface Told {
  readonly after: number;
  readonly text: string;
}

/** Kafka Streams drops records of a stream that have no value, and of a table those without a key. */
const isTaken = ({ type, stream, key, value }: Input): boolean =>
  type !== 'record' || (stream === 'table' ? key !== null : value !== null);

const updatesOf = ({ expected }: Vector): string[] =>
  expected.updates.map((update) => lineOf({ after: update.after ?? -1, text: resultText(update) }));

const finalsOf = ({ expected }: Vector): string[] => expected.finals.map(resultText);

const lineOf = ({ after, text }: Told): string => `${after}: ${text}`;

function resultText({ key, value }: Pick<Update, 'key' | 'value'>): string {
  const { left, right } = value as { left: unknown; right: unknown };
  return pairText(key, left, right);
}

const pairText = (key: unknown, left: unknown, right: unknown): string =>
  `${key} ${JSON.stringify([left, right ?? null])}`;

/** True if an event of the stream came behind the watermark, which a batch does not know of. */
export function tookLateOfStream({ operator, inputs }: Vector): boolean {
  if (operator !== 'join.temporal') return false;
  let watermark = -Infinity;
  return inputs.some(({ type, stream, ts = 0 }) => {
    if (type === 'watermark' && stream !== 'table') watermark = Math.max(watermark, ts);
    return type === 'record' && stream === 'stream' && ts <= watermark;
  });
}
