import * as z from 'zod';
import {
  type Plan,
  pipeline,
  type StageOptions,
  table,
  type WindowedStream,
} from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference, line } from './compare.ts';
import { isReplaced, lastOf, latenessOf, news, type Told, toldBy, toldLine } from './revisions.ts';
import { isLeftOut, isWhollyLate } from './sliding-history.ts';
import type { Bounds, Final, Input, Late, Update, Vector } from './vector.ts';
import { type WindowSettings, windowSettings } from './window-settings.ts';

const schema = z.object({ key: z.string(), value: z.unknown(), ts: z.number() });
type Event = z.infer<typeof schema>;

type Compute = (stream: WindowedStream<Event>, options: StageOptions) => { to: ToTable };
type ToTable = (sink: ReturnType<typeof table>) => Plan;

const numberOf = (event: Event): number => event.value as number;

/** The aggregates that the library has, by the vectors' names for them. */
export const AGGREGATES: Readonly<Record<string, Compute>> = {
  count: (stream, options) => stream.count(options),
  sum: (stream, options) => stream.sum(numberOf, options),
  min: (stream, options) => stream.min(numberOf, options),
  max: (stream, options) => stream.max(numberOf, options),
  // As text, joined by bars: in event-time order here, in order of arrival there, so compared as a bag.
  reduce: (stream, options) =>
    stream.reduce(appended, options).map(({ value }) => String(value.value)),
};

const appended = (left: Event, right: Event): Event => ({
  ...left,
  value: `${left.value}|${right.value}`,
});

/** Which aggregates a vector asks for: one as `value`, or several by name. */
export const aggregatesOf = ({ params }: Vector): readonly string[] =>
  (params.aggregates as readonly string[] | undefined) ?? [String(params.aggregate)];

/** Windows and sessions: final results, what comes out when, and what is late. */
export async function windows(vector: Vector): Promise<Check[]> {
  const checks: Check[] = [];
  for (const aggregate of aggregatesOf(vector)) {
    const settings = windowSettings(vector);
    if (settings === undefined) throw new Error(`${vector.name} has a window that we do not have`);
    checks.push(...compareRun(vector, settings, await run(vector, settings, aggregate), aggregate));
  }
  return checks;
}

interface Ran {
  readonly finals: readonly string[];
  /** Each after the input that caused it. */
  readonly emitted: readonly string[];
  /** The same, without retractions. */
  readonly told: readonly Told[];
  readonly late: readonly number[];
}

async function run(vector: Vector, settings: WindowSettings, aggregate: string): Promise<Ran> {
  const driver = testDriver(planOf(settings, aggregate));
  const inputs = vector.inputs.filter((input) => isTaken(input, vector, aggregate));
  const records = inputs.filter(({ type }) => type === 'record');
  const told: Told[] = [];
  const isOut = isLeftOut(vector);
  const toldIn = (rows: readonly Shown[], rise: number): Told[] =>
    rows.flatMap(({ key, windowStart, windowEnd, value, retracted }) => {
      const window = settings.bounds({ start: windowStart, end: windowEnd });
      return window && !retracted && !isOut(key, window) ? [{ rise, key, window, value }] : [];
    });
  for (const input of inputs) {
    await step(driver, settings, input);
    told.push(...toldIn(driver.takeOutputs(), input.i));
  }
  const emitted = told.map(toldLine);
  await driver.end();
  told.push(...toldIn(driver.takeOutputs(), Infinity));
  const bad = driver.deadLetters();
  if (bad.length > 0) throw new Error(`${bad.length} dead letters: ${bad[0]?.detail}`);
  const late = driver.late().map(({ number }) => records[number]?.i ?? -1);
  const finals = toldIn(driver.results(), Infinity);
  return { finals: finals.map((one) => line(one.key, one.window, one.value)), emitted, told, late };
}

/**
 * Kafka Streams drops records without a key, and counts those without a value but takes nothing else
 * of them; in sliding windows it does not count them either.
 */
const isTaken = ({ type, key, value }: Input, { operator }: Vector, aggregate: string): boolean =>
  type !== 'record' ||
  (key !== null && (value !== null || (aggregate === 'count' && operator !== 'window.sliding')));

async function step(driver: TestDriver, settings: WindowSettings, input: Input): Promise<void> {
  const { type, key, value, ts = 0, advance = 0 } = input;
  if (type === 'record') await driver.send({ key, value, ts });
  if (type === 'watermark') await driver.advanceWatermarkTo(settings.watermark(ts));
  if (type === 'end') await driver.end();
  if (type === 'processing-time') driver.clock.advance(advance);
}

export function planOf(settings: PlanSettings, aggregate: string): Plan {
  const { window, resolution, outOfOrderness, allowedLateness } = settings;
  const stream = pipeline('conformance')
    .stream('in', { schema, timestamp: ({ ts }) => ts, outOfOrderness })
    .keyBy(({ key }) => key)
    .window(window)
    .allowedLateness(allowedLateness);
  const compute = AGGREGATES[aggregate];
  if (compute === undefined) throw new Error(`there is no aggregate ${aggregate}`);
  const options = resolution === undefined ? {} : { resolution };
  return compute(stream, { name: 'stage', ...options }).to(table('results'));
}

type PlanSettings = Omit<WindowSettings, 'watermark' | 'bounds'>;

interface Shown {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: unknown;
  readonly retracted?: boolean;
}

function compareRun(
  vector: Vector,
  settings: WindowSettings,
  ran: Ran,
  aggregate: string,
): Check[] {
  const { engine, expected, params } = vector;
  const theirs = (final: Final): string =>
    line(final.key, final.window as Bounds, final.value ?? final[aggregate]);
  const checks: Check[] = [];
  const compare = (
    name: Check['name'],
    ours: readonly string[],
    wanted: readonly string[],
  ): void => {
    checks.push({ name, difference: difference(wanted, ours) });
  };
  const isOut = isLeftOut(vector);
  const isIn = ({ key, window }: Final): boolean => !isOut(key, window as Bounds);
  const told = (updates: readonly Update[]): string[] =>
    updates.filter(isIn).map((update) => `${update.after}: ${theirs(update)}`);
  compare('finals', ran.finals, finalsOf(vector, settings, aggregate).filter(isIn).map(theirs));
  const closed = expected.onCloseEmitStrategy ?? expected.onClose;
  if (closed) compare('onClose', ran.emitted, told(closed));
  // What ran as SQL tells its results only.
  if (params.api) return checks;
  // Flink's windows come out once, when they close, where nothing late is taken.
  const once = engine === 'flink' && latenessOf(vector) === 0;
  if (once) compare('updates', ran.emitted, told(expected.updates));
  else if (engine !== 'kafka-streams') checks.push(revisions(vector, ran.told, aggregate));
  const late = expected.late.filter((one) => isWhole(one, settings.window, vector));
  compare(
    'late',
    ran.late.map(String),
    late.map(({ i }) => String(i)),
  );
  return checks;
}

/** What stands at the end. */
function finalsOf(vector: Vector, { window }: WindowSettings, aggregate: string): Final[] {
  const { engine, params, expected } = vector;
  const isLast = engine === 'flink' && params.accumulation === 'discarding';
  const finals = isLast
    ? lastOf(toldBy(vector, aggregate)).map((one): Final => ({ ...one }))
    : expected.finals;
  const isKept = window.kind === 'session' && engine !== 'kafka-streams';
  const all = finals.map((final) => ({ ...final, window: final.window as Bounds }));
  return isKept ? all.filter((one) => !isReplaced(one, all)) : all;
}

/** What the windows say as the watermark rises. A session that grew on may not have been told by us. */
function revisions(vector: Vector, told: readonly Told[], aggregate: string): Check {
  const ours = news(told).map(toldLine);
  const theirs = news(toldBy(vector, aggregate));
  const isSession = windowSettings(vector)?.window.kind === 'session';
  const wanted = theirs.filter(
    (one) => !isSession || !isReplaced(one, theirs) || ours.includes(toldLine(one)),
  );
  return { name: 'updates', difference: difference(wanted.map(toldLine), ours) };
}

/** Late for every window that it is in. What is late for some of them only is counted in the others. */
function isWhole(late: Late, window: WindowSettings['window'], vector: Vector): boolean {
  if (late.reason.startsWith('null')) return false;
  if (window.kind === 'perEvent') return isWhollyLate(vector, late);
  if (late.windows === undefined || window.kind !== 'aligned') return true;
  const ts = vector.inputs[late.i]?.ts ?? 0;
  const { sizeMs, advanceMs } = window;
  const last = Math.floor(ts / advanceMs) * advanceMs;
  const first = Math.max(0, Math.ceil((ts - sizeMs + 1) / advanceMs) * advanceMs);
  return late.windows.length === (last - first) / advanceMs + 1;
}
