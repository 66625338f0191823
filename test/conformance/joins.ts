import * as z from 'zod';
import {
  type Joined,
  type JoinOptions,
  type Plan,
  pipeline,
  type Stream,
  table,
} from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference } from './compare.ts';
import {
  boundsOf,
  greatestLag,
  isTaken,
  lateForAll,
  stillWaits,
  type Told,
} from './join-history.ts';
import type { Final, Input, Vector } from './vector.ts';
import { NOT_FROM_EVENTS } from './window-settings.ts';

const schema = z.object({ key: z.string().nullable(), value: z.unknown(), ts: z.number() });
type Event = z.infer<typeof schema>;
type Sides = Joined<Event | null, Event | null>;

const METHODS: Readonly<Record<string, 'join' | 'leftJoin' | 'rightJoin' | 'outerJoin'>> = {
  inner: 'join',
  left: 'leftJoin',
  right: 'rightJoin',
  outer: 'outerJoin',
};

/** Joins of two streams: what is told in the end, and what is late. */
export async function joins(vector: Vector): Promise<Check[]> {
  const clock = clockOf(vector);
  const driver = testDriver<Sides>(planOf(vector, clock.outOfOrderness));
  const sent: number[] = [];
  for (const input of vector.inputs.filter((one) => isTaken(vector, one))) {
    if (input.type === 'record') sent.push(input.i);
    await step(driver, clock, input);
  }
  await driver.end();
  const bad = driver.deadLetters().find(({ reason }) => reason !== 'KEY');
  if (bad) throw new Error(`a dead letter: ${bad.detail}`);
  const ours = driver.events().map(({ key, value: { left, right } }) => ({
    key,
    left: left?.value ?? null,
    right: right?.value ?? null,
  }));
  const theirs = vector.expected.finals.map(toldBy);
  const isIn = isCompared(vector, theirs);
  const late = driver.late().map(({ number }) => String(sent[number]));
  return [
    {
      name: 'finals',
      difference: difference(theirs.filter(isIn).map(line), ours.filter(isIn).map(line)),
    },
    { name: 'late', difference: difference(lateForAll(vector).map(String), late) },
  ];
}

/** How an engine's clock is said in our words. */
interface Clock {
  /** ms. */
  readonly outOfOrderness: number;
  /** Our watermark for a watermark of the engine. */
  watermark(theirs: number): number;
}

/**
 * Flink's interval join calls late what lies before the watermark. All others call nothing late: there
 * our watermark follows at such a distance that nothing is.
 */
function clockOf(vector: Vector): Clock {
  const lag = greatestLag(vector);
  if (vector.engine === 'kafka-streams') {
    return { outOfOrderness: lag, watermark: (theirs) => theirs };
  }
  const behind = vector.params.latePolicy === 'side-output' ? 1 : lag;
  return { outOfOrderness: NOT_FROM_EVENTS, watermark: (theirs) => theirs - behind };
}

async function step(driver: TestDriver, clock: Clock, input: Input): Promise<void> {
  const { type, stream = '', key, value, ts = 0 } = input;
  if (type === 'record') await driver.stream(stream).send({ key, value, ts });
  if (type === 'watermark') {
    const to = input.stream === undefined ? driver : driver.stream(input.stream);
    await to.advanceWatermarkTo(clock.watermark(ts));
  }
  if (type === 'end') await driver.end();
}

function planOf(vector: Vector, outOfOrderness: number): Plan {
  const beginning = pipeline('conformance');
  const keyed = (name: string) =>
    beginning
      .stream(name, { schema, timestamp: ({ ts }) => ts, outOfOrderness })
      .keyBy(({ key }) => key as string);
  const method = METHODS[String(vector.params.joinType)];
  if (method === undefined) throw new Error(`there is no join ${vector.params.joinType}`);
  const options: JoinOptions = { ...boundsOf(vector), name: 'stage', resolution: 1 };
  const joined = keyed('left')[method](keyed('right'), options) as Stream<Sides>;
  return joined.to(table('joined'));
}

const toldBy = ({ key, value }: Final): Told => ({ key, ...(value as Omit<Told, 'key'>) });

const line = ({ key, left, right }: Told): string =>
  `${key}: ${JSON.stringify(left)} + ${JSON.stringify(right)}`;

/** What the rules leave of the results. Of an engine that loses pairs, those that it has. */
function isCompared(vector: Vector, theirs: readonly Told[]): (told: Told) => boolean {
  const isIdeal = vector.facts.batchIdeal !== false;
  const pairs = new Set(theirs.filter(isPair).map(line));
  return (told) =>
    told.key !== null && (isIdeal ? !stillWaits(vector, told) : pairs.has(line(told)));
}

const isPair = ({ left, right }: Told): boolean => left !== null && right !== null;
