import * as z from 'zod';
import {
  combine,
  HoppingWindow,
  type Plan,
  pipeline,
  SECONDS,
  TumblingWindow,
  table,
  type WindowKind,
} from '../../../src/index.ts';
import fc from '../../support/fast-check.ts';

export interface Event {
  readonly at: number;
  readonly key: string;
  readonly value: number;
}

export interface PlanOptions {
  readonly window?: WindowKind | undefined;
  readonly outOfOrderness?: number;
  readonly onBadRecord?: 'deadLetter' | 'stop';
  readonly buckets?: number;
}

/** Sums per key in windows, from a stream named `events`. */
export function sums(options: PlanOptions = {}): Plan {
  const { window = TumblingWindow.of(10, SECONDS), outOfOrderness = 5 * SECONDS } = options;
  return windowed({ ...options, window, outOfOrderness })
    .sum((e) => e.value, { buckets: options.buckets ?? 2 })
    .to(table('sums'));
}

/** Sums, and beside them those events as they came that are above zero. */
export function sumsAndEvents(): Plan {
  const all = stream('events', { outOfOrderness: 5 * SECONDS });
  const sums = all.keyBy((e) => e.key).window(TumblingWindow.of(10, SECONDS));
  return combine(
    sums.sum((e) => e.value, { buckets: 2 }).to(table('sums')),
    all.filter((e) => e.value > 0).to(table('kept')),
  );
}

/** Counts per key in windows, the same way. */
export function counts(options: PlanOptions = {}): Plan {
  const { window = TumblingWindow.of(10, SECONDS), outOfOrderness = 5 * SECONDS } = options;
  return windowed({ ...options, window, outOfOrderness })
    .count({ buckets: options.buckets ?? 2 })
    .to(table('counts'));
}

/** The greatest of these sums of any key, for each window in which one ends: a second stage, of the same stream. */
export function greatestSums(options: PlanOptions = {}): Plan {
  const { window = TumblingWindow.of(10, SECONDS), outOfOrderness = 5 * SECONDS } = options;
  const each = windowed({ ...options, window, outOfOrderness }).sum((e) => e.value, {
    name: 'each',
    buckets: options.buckets ?? 2,
  });
  const greatest = each
    .keyBy(() => 'all')
    .window(TumblingWindow.of(10, SECONDS))
    .max(({ value }) => value, { name: 'greatest', buckets: 2 });
  return combine(each.to(table('sums')), greatest.to(table('greatest')));
}

/** Sums over two streams, `events` and `others`, and how many sums there are of each sign. */
export function mergedSums(options: PlanOptions = {}): Plan {
  const { window = TumblingWindow.of(10, SECONDS), outOfOrderness = 5 * SECONDS } = options;
  const [from, others] = ['events', 'others'].map((name) =>
    stream(name, { ...options, outOfOrderness }),
  );
  if (from === undefined || others === undefined) throw new Error('two streams are expected');
  const each = from
    .merge(others.map((e) => ({ ...e, value: -e.value })))
    .keyBy((e) => e.key)
    .window(window)
    .sum((e) => e.value, { name: 'each', buckets: options.buckets ?? 2 });
  const signs = each
    .keyBy(({ value }) => `${Math.sign(value)}`)
    .window(HoppingWindow.of(20, SECONDS).every(10, SECONDS))
    .count({ name: 'signs', buckets: 2 });
  const rows = from.keyBy((e) => e.key).toTable({ name: 'latest', buckets: 2 });
  return combine(each.to(table('sums')), signs.to(table('signs')), rows.to(table('latest')));
}

type Said = PlanOptions & { readonly outOfOrderness: number };

const windowed = ({ window, ...options }: Said & { readonly window: WindowKind }) =>
  stream('events', options)
    .keyBy((e) => e.key)
    .window(window);

const stream = (name: string, { outOfOrderness, onBadRecord = 'deadLetter' }: Said) =>
  pipeline('test').stream(name, {
    schema: z.object({ at: z.number(), key: z.string(), value: z.number() }),
    timestamp: (e) => e.at,
    outOfOrderness,
    maxDelay: 0,
    onBadRecord,
  });

/** Events that move on, each up to `disorder` ms behind the newest; often right at a boundary. */
export function events(disorder: number, maxLength = 60): fc.Arbitrary<Event[]> {
  const step = fc.record({
    forward: fc.nat(3 * SECONDS),
    back: fc.nat(disorder),
    round: fc.boolean(),
    key: fc.constantFrom('a', 'b', 'ü', '\u{1f30a}', 'c#1'),
    value: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  });
  return fc.array(step, { maxLength }).map((steps) => {
    let newest = 1_000_000;
    return steps.map(({ forward, back, round, key, value }) => {
      newest += forward;
      const at = newest - back;
      const onTheGrid = Math.ceil(at / SECONDS) * SECONDS;
      return { at: round && onTheGrid <= newest ? onTheGrid : at, key, value: value / 2 ** 60 };
    });
  });
}
