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
import {
  type Bounds,
  type Final,
  type Input,
  numberIn,
  type Update,
  type Vector,
} from './vector.ts';
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
};

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
  readonly late: readonly number[];
}

async function run(vector: Vector, settings: WindowSettings, aggregate: string): Promise<Ran> {
  const driver = testDriver(planOf(settings, aggregate));
  const inputs = vector.inputs.filter((input) => isTaken(input, aggregate));
  const records = inputs.filter(({ type }) => type === 'record');
  const emitted: string[] = [];
  for (const input of inputs) {
    await step(driver, settings, input);
    emitted.push(...linesOf(settings, driver.takeOutputs()).map((one) => `${input.i}: ${one}`));
  }
  await driver.end();
  const bad = driver.deadLetters();
  if (bad.length > 0) throw new Error(`${bad.length} dead letters: ${bad[0]?.detail}`);
  const late = driver.late().map(({ number }) => records[number]?.i ?? -1);
  return { finals: linesOf(settings, driver.results()), emitted, late };
}

/** Kafka Streams drops records without a key, and counts those without a value but takes nothing else of them. */
const isTaken = ({ type, key, value }: Input, aggregate: string): boolean =>
  type !== 'record' || (key !== null && (value !== null || aggregate === 'count'));

async function step(driver: TestDriver, settings: WindowSettings, input: Input): Promise<void> {
  const { type, key, value, ts = 0, advance = 0 } = input;
  if (type === 'record') await driver.send({ key, value, ts });
  if (type === 'watermark') await driver.advanceWatermarkTo(settings.watermark(ts));
  if (type === 'end') await driver.end();
  if (type === 'processing-time') driver.clock.advance(advance);
}

function planOf({ window, resolution, outOfOrderness }: WindowSettings, aggregate: string): Plan {
  const stream = pipeline('conformance')
    .stream('in', { schema, timestamp: ({ ts }) => ts, outOfOrderness })
    .keyBy(({ key }) => key)
    .window(window);
  const compute = AGGREGATES[aggregate];
  if (compute === undefined) throw new Error(`there is no aggregate ${aggregate}`);
  const options = resolution === undefined ? {} : { resolution };
  return compute(stream, { name: 'stage', ...options }).to(table('results'));
}

interface Shown {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: unknown;
}

function linesOf(settings: WindowSettings, rows: readonly Shown[]): string[] {
  return rows.flatMap(({ key, windowStart, windowEnd, value }) => {
    const bounds = settings.bounds({ start: windowStart, end: windowEnd });
    return bounds ? [line(key, bounds, value)] : [];
  });
}

function compareRun(
  vector: Vector,
  { window }: WindowSettings,
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
  const told = (updates: readonly Update[]): string[] =>
    updates.map((update) => `${update.after}: ${theirs(update)}`);
  compare('finals', ran.finals, expected.finals.map(theirs));
  const closed = expected.onCloseEmitStrategy ?? expected.onClose;
  if (closed) compare('onClose', ran.emitted, told(closed));
  // What ran as SQL tells its results only.
  if (params.api) return checks;
  // Flink's windows come out once, when they close, where nothing late is taken.
  const once = engine === 'flink' && numberIn(params, 'allowedLateness') === 0;
  if (once) compare('updates', ran.emitted, told(expected.updates));
  const late = expected.late.filter((one) => isWhole(one, window, vector));
  compare(
    'late',
    ran.late.map(String),
    late.map(({ i }) => String(i)),
  );
  return checks;
}

/** Late for every window that it is in. What is late for some of them only is counted in the others. */
function isWhole(
  late: Vector['expected']['late'][number],
  window: WindowSettings['window'],
  { inputs }: Vector,
): boolean {
  if (late.reason.startsWith('null')) return false;
  if (late.windows === undefined || window.kind !== 'aligned') return true;
  const ts = inputs[late.i]?.ts ?? 0;
  const { sizeMs, advanceMs } = window;
  const last = Math.floor(ts / advanceMs) * advanceMs;
  const first = Math.max(0, Math.ceil((ts - sizeMs + 1) / advanceMs) * advanceMs);
  return late.windows.length === (last - first) / advanceMs + 1;
}
