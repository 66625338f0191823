import { AggregateLawError } from '../errors.ts';
import type { AnyAggregate, At } from '../operators/aggregate.ts';
import { seeded } from '../seeded.ts';
import { type Added, breach, type Law, shown, type Trial } from './law.ts';
import { LAWS } from './laws.ts';

/** How long counterexamples are looked for. */
export interface AggregateLawOptions {
  /** Which shuffles and cuts are tried. Default 1. */
  readonly seed?: number;
  /** How many shuffles and cuts are tried with every law. Default 200. */
  readonly rounds?: number;
}

/**
 * Looks for events, an order and a cut of them with which an aggregate gives another result than it
 * should: its windows would depend on batches, shards and retries. Values are examples of events;
 * give some that are equal, some that are extreme, some that are refused, and numbers that are hard
 * to add up, such as 0.1, 0.2 and 1e16.
 *
 *   test('page statistics can be merged', () => checkAggregateLaws(pageStats, [visit1, visit2]));
 *
 * Results are equal if no bit of theirs differs, objects and lists part by part.
 *
 * @throws AggregateLawError naming the first law that is found broken, with as few events as show it
 */
export function checkAggregateLaws<In>(
  aggregate: AnyAggregate<In>,
  values: readonly In[],
  { seed = 1, rounds = 200 }: AggregateLawOptions = {},
): void {
  const chance = seeded(seed);
  const refusal = (value: In): unknown => refusalOf(aggregate, value);
  const taken = values.filter((value) => refusal(value) === undefined);
  const refused = values
    .filter((value) => !taken.includes(value))
    .map((value, i) => ({ value, at: drawPlace(chance, i) }));
  if (taken.length === 0) throw nothingTaken(aggregate, values.map(refusal));
  const trials = Array.from({ length: rounds }, (_, round) => {
    const most = 1 + Math.floor((EVENTS_MAX * round) / rounds);
    return { ...drawBatches(taken, chance, most), refused };
  });
  for (const law of LAWS) {
    const broken = trials.filter((trial) => breach(law, aggregate, trial) !== undefined);
    if (broken.length > 0) throw brokenLaw(aggregate, law, broken.slice(0, SHRUNK_MAX));
  }
}

/** In one batch. */
const EVENTS_MAX = 8;
/** So many examples are made as small as they get; the smallest one is told. */
const SHRUNK_MAX = 8;

function refusalOf<In>(aggregate: AnyAggregate<In>, value: In): unknown {
  try {
    aggregate.add(
      aggregate.create(),
      value,
      drawPlace(() => 0, 0),
    );
    return undefined;
  } catch (error) {
    return error ?? 'nothing';
  }
}

function drawBatches<In>(
  values: readonly In[],
  chance: () => number,
  most: number,
): Omit<Trial<In>, 'refused'> {
  let drawn = 0;
  const batch = (): Added<In>[] =>
    Array.from({ length: Math.floor(chance() * (most + 1)) }, () => ({
      value: values[Math.floor(chance() * values.length)] as In,
      at: drawPlace(chance, drawn++),
    }));
  return { a: batch(), b: batch(), c: batch() };
}

/** Often of the same time as others; never in the same place. */
const drawPlace = (chance: () => number, number: number): At => ({
  eventTime: 1_000_000 + Math.floor(chance() * 5),
  lane: `lane-${Math.floor(chance() * 2)}`,
  position: String(100 + number),
  index: 0,
});

function brokenLaw<In>(
  aggregate: AnyAggregate<In>,
  law: Law,
  trials: readonly Trial<In>[],
): AggregateLawError {
  const isBroken = (trial: Trial<In>): boolean => breach(law, aggregate, trial) !== undefined;
  const least = trials
    .map((trial) => shrunk(trial, isBroken))
    .reduce((a, b) => (eventsOf(b) < eventsOf(a) ? b : a));
  const batches = (['a', 'b', 'c', 'refused'] as const)
    .filter((name) => least[name].length > 0)
    .map((name) => `${name} = ${shown(least[name].map(({ value }) => value))}`);
  const found = breach(law, aggregate, least);
  return new AggregateLawError(
    `the aggregate "${aggregate.name}" breaks the law that ${law.name}: ${found}, where ${batches.join(', ')}`,
    law.hint,
  );
}

const eventsOf = <In>({ a, b, c, refused }: Trial<In>): number =>
  a.length + b.length + c.length + refused.length;

/** Leaves out one event after the other, as long as the law stays broken. */
function shrunk<In>(trial: Trial<In>, isBroken: (trial: Trial<In>) => boolean): Trial<In> {
  for (const name of ['refused', 'a', 'b', 'c'] as const) {
    for (const one of trial[name]) {
      const smaller = { ...trial, [name]: trial[name].filter((other) => other !== one) };
      if (isBroken(smaller)) return shrunk(smaller, isBroken);
    }
  }
  return trial;
}

const nothingTaken = (aggregate: AnyAggregate, refusals: readonly unknown[]): AggregateLawError => {
  const why = refusals.length === 0 ? 'none was given' : String(refusals[0]);
  return new AggregateLawError(
    `no value can be added to "${aggregate.name}": ${why}`,
    'Give a few examples of events, such as [{ amount: 0.1 }, { amount: 1e16 }].',
  );
};
