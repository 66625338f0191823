import * as z from 'zod';
import {
  average,
  combine,
  count,
  HOURS,
  lateEvents,
  max,
  min,
  type Plan,
  type ProcessContext,
  pipeline,
  rowsOf,
  SECONDS,
  type Stream,
  sum,
  type TableOptions,
  TumblingWindow,
  table,
  type WindowResult,
} from '../../src/index.ts';
import type { Chance, EventsOf, SimulateOptions } from '../../src/testing/index.ts';
import { WINDOWS } from '../support/windows.ts';
import { anyPipeline } from './grammar.ts';

/** A pipeline to be tried, drawn from a seed: settings differ from run to run. */
export interface Tried {
  readonly name: string;
  readonly plan: (chance: Chance) => Plan;
  readonly events: Readonly<Record<string, EventsOf>>;
  readonly lookups?: NonNullable<SimulateOptions['lookups']>;
  readonly repaired?: NonNullable<SimulateOptions['repaired']>;
}

const schema = z.object({ at: z.number(), key: z.string(), v: z.number() });

/** Ties, gaps, late and future events, hot keys, and what is no event at all. */
const events: EventsOf = ({ now, chance }) => {
  const kind = chance.next();
  if (kind < 0.01) return '{"at":';
  if (kind < 0.02) return { at: 'noon', key: 'k', v: 1 };
  if (kind < 0.03) return { at: now, key: '', v: 1 };
  const behind = kind < 0.13 ? 60 * SECONDS : 6 * SECONDS;
  const ahead = kind > 0.98 ? 90 * SECONDS : 0;
  const exact = now - chance.below(behind) + ahead;
  const at = chance.happens(0.4) ? exact - (exact % SECONDS) + chance.pick([-1, 0, 1]) : exact;
  const hot = chance.happens(0.4);
  return { at, key: hot ? 'hot' : `k${chance.below(5)}`, v: chance.below(10) };
};

const begin = (name: string) => (stream: string) =>
  pipeline(name).stream(stream, {
    schema,
    timestamp: (event) => event.at,
    outOfOrderness: 5 * SECONDS,
    maxFutureSkew: 30 * SECONDS,
    maxDelay: HOURS,
  });

const stage = (chance: Chance, name: string) => ({
  name,
  buckets: chance.pick([1, 2, 4]),
  keysPerChunk: chance.pick([1, 2, 500]),
});

const clicks = () => begin('tried')('clicks');

/** Two streams of one pipeline. */
function twoStreams() {
  const p = pipeline('tried');
  const options = {
    schema,
    timestamp: (event: z.infer<typeof schema>) => event.at,
    outOfOrderness: 5 * SECONDS,
    maxFutureSkew: 30 * SECONDS,
    maxDelay: HOURS,
  };
  return [p.stream('clicks', options), p.stream('views', options)] as const;
}

function windows(chance: Chance): Plan {
  const window = chance.pick(WINDOWS);
  const lateness = window.kind === 'perEvent' ? 0 : chance.pick([0, 0, 3 * SECONDS, 30 * SECONDS]);
  const all = clicks()
    .filter((event) => event.v > 0)
    .keyBy((event) => event.key)
    .window(window)
    .allowedLateness(lateness)
    .sideOutput(lateEvents('late-clicks'));
  const windowed =
    window.kind === 'aligned' && chance.happens(0.3) ? all.emit({ every: 2 * SECONDS }) : all;
  return windowed
    .aggregate(
      {
        n: count(),
        sum: sum((event: { v: number }) => event.v),
        least: min((event: { v: number }) => event.v),
        greatest: max((event: { v: number }) => event.v),
        mean: average((event: { v: number }) => event.v),
      },
      stage(chance, 'windows'),
    )
    .to(table('results'));
}

function chain(chance: Chance): Plan {
  const first = clicks()
    .keyBy((event) => event.key)
    .window(chance.pick(WINDOWS))
    .count(stage(chance, 'first'));
  const second = first
    .filter((window) => window.value > 0)
    .keyBy((window) => window.value % 2)
    .window(chance.pick(WINDOWS))
    .max((window: WindowResult<number>) => window.value, stage(chance, 'second'));
  const third = second
    .map((window) => ({ parity: window.key, value: window.value }))
    .keyBy((one) => one.parity)
    .window(TumblingWindow.of(20, SECONDS))
    .sum((one) => one.value, stage(chance, 'third'));
  return combine(first.to(table('firsts')), second.to(table('seconds')), third.to(table('thirds')));
}

function merged(chance: Chance): Plan {
  const [some, others] = twoStreams();
  return some
    .filter((event) => event.v !== 3)
    .merge(others.flatMap((event) => [event, { ...event, key: 'all' }]))
    .keyBy((event) => event.key)
    .window(chance.pick(WINDOWS))
    .count(stage(chance, 'merged'))
    .to(table('results'));
}

/** Stages that read one stream, and one of them another as well. */
function beside(chance: Chance): Plan {
  const [some, others] = twoStreams();
  const perKey = some
    .keyBy((event) => event.key)
    .window(chance.pick(WINDOWS))
    .count(stage(chance, 'per-key'));
  const perValue = some
    .keyBy((event) => event.v)
    .window(TumblingWindow.of(10, SECONDS))
    .count(stage(chance, 'per-value'));
  const both = some
    .merge(others)
    .keyBy((event) => event.key)
    .window(TumblingWindow.of(5, SECONDS))
    .sum((event) => event.v, stage(chance, 'of-both'));
  return combine(both.to(table('sums')), perKey.to(table('counts')), perValue.to(table('values')));
}

function joined(chance: Chance): Plan {
  const [left, right] = twoStreams();
  const sides = [left.keyBy((event) => event.key), right.keyBy((event) => event.key)] as const;
  const kind = chance.pick(['join', 'leftJoin', 'outerJoin'] as const);
  const options = {
    before: chance.pick([0, 3, 10]) * SECONDS,
    after: chance.pick([0, 2, 12]) * SECONDS,
    ...stage(chance, 'joined'),
  };
  const pairs = sides[0][kind](sides[1], options);
  return combine(
    pairs.to(table('pairs')),
    pairs
      .keyBy(({ left: one, right: other }) => (one ?? other)?.key ?? 'nobody')
      .window(TumblingWindow.of(10, SECONDS))
      .count(stage(chance, 'pairs-counted'))
      .to(table('counts')),
  );
}

interface Waiting {
  readonly n: number;
  readonly until: number;
}

/** Counts, and tells so some time after the last event. */
function processed(chance: Chance): Plan {
  const waitMs = chance.pick([1, 5, 20]) * SECONDS;
  return clicks()
    .keyBy((event) => event.key)
    .process<number, Waiting>({
      ...stage(chance, 'processed'),
      initial: { n: 0, until: 0 },
      onEvent(context: ProcessContext<number, Waiting, Record<never, never>, never>) {
        const { n } = context.state.get();
        context.state.set({ n: n + 1, until: context.time + waitMs });
        context.setTimer(context.time + waitMs);
      },
      onTimer(context: ProcessContext<number, Waiting, Record<never, never>, never>) {
        const { n, until } = context.state.get();
        if (context.time < until) return;
        context.emit(n);
        context.state.clear();
      },
    })
    .to(table('results'));
}

const deduplicated = (chance: Chance): Plan =>
  clicks()
    .dedupe({
      by: (event) => `${event.key} ${event.v}`,
      within: chance.pick([1, 10, 60]) * SECONDS,
      ...stage(chance, 'deduplicated'),
    })
    .keyBy((event) => event.key)
    .window(TumblingWindow.of(10, SECONDS))
    .count(stage(chance, 'counted'))
    .to(table('results'));

function evolved(chance: Chance): Plan {
  const balances = clicks()
    .keyBy((event) => event.key)
    .evolve<number>({
      ...stage(chance, 'balances'),
      initial: 0,
      apply: (balance, event) => (event.v === 9 ? null : balance * 2 + event.v) as number,
      allowedLateness: chance.pick([0, 0, 10 * SECONDS]),
    });
  return combine(balances.to(table('balances')), balances.audit().to(table('audit')));
}

const rows = (chance: Chance): Plan =>
  clicks()
    .keyBy((event) => event.key)
    .toTable({
      ...stage(chance, 'rows'),
      row: (event) => (event.v < 2 ? undefined : { v: event.v }),
    })
    .to(table('rows'));

/** A row points to another key, or nowhere. */
const pointers = (stream: Stream<z.infer<typeof schema>>, options: TableOptions) =>
  stream
    .keyBy((event) => event.key)
    .toTable({
      ...options,
      row: ({ v }) => (v < 2 ? undefined : { v, to: v < 7 ? `k${v % 5}` : null }),
    });

/** Rows in groups, in groups again; with what can take back and what cannot. */
function grouped(chance: Chance): Plan {
  const groups = pointers(clicks(), stage(chance, 'rows')).groupBy((row) => row.to);
  const sums = groups.sum((row) => row.v, stage(chance, 'sums'));
  const most = groups.max((row) => row.v, stage(chance, 'most'));
  const again = sums
    .filter((total) => total > 4)
    .groupBy((total) => total % 3)
    .count(stage(chance, 'again'));
  return combine(sums.to(table('sums')), most.to(table('most')), again.to(table('again')));
}

function tablesJoined(chance: Chance): Plan {
  const [some, others] = twoStreams();
  const left = some.keyBy((event) => event.key).sum((event) => event.v, stage(chance, 'sums'));
  const right = pointers(others, stage(chance, 'rows'));
  const kind = chance.pick(['join', 'leftJoin', 'outerJoin'] as const);
  return left[kind](right, stage(chance, 'joined')).to(table('joined'));
}

function pointedTo(chance: Chance): Plan {
  const [some, others] = twoStreams();
  const left = pointers(some, stage(chance, 'rows'));
  const right = chance.happens(0.3) ? left : pointers(others, stage(chance, 'pointed-to'));
  const kind = chance.pick(['joinOn', 'leftJoinOn'] as const);
  const joined = left[kind](right, (row) => row.to, stage(chance, 'joined'));
  const total = joined
    .groupBy(({ right: row }) => row?.v ?? 'none')
    .sum(({ left: row }) => row.v, stage(chance, 'totals'));
  return combine(joined.to(table('joined')), total.to(table('totals')));
}

/** Windows that are told early and anew, summed up once more. */
function windowTables(chance: Chance): Plan {
  const window = chance.pick(WINDOWS.filter(({ kind }) => kind !== 'perEvent'));
  const all = clicks()
    .keyBy((event) => event.key)
    .window(window)
    .allowedLateness(chance.pick([0, 3, 30]) * SECONDS);
  const windowed =
    window.kind === 'aligned' && chance.happens(0.5) ? all.emit({ every: 2 * SECONDS }) : all;
  const counts = windowed.count(stage(chance, 'windows')).asTable();
  const perStart = counts
    .groupBy((row) => row.windowStart)
    .sum((row) => row.value, stage(chance, 'per-start'));
  return combine(counts.to(table('windows')), perStart.to(table('starts')));
}

/** A sale, and the row that was valid when it happened; rows come by themselves or through a stage. */
function asOf(chance: Chance): Plan {
  const [sales, prices] = twoStreams();
  const rows = pointers(prices, stage(chance, 'rows'));
  const told = rows.changes().keyBy(({ key }) => key);
  const versions = chance.happens(0.5) ? rows : told.toTable({ row: ({ value }) => value });
  const keyed = sales.keyBy((event) => event.key);
  const options = stage(chance, 'joined');
  return (
    chance.happens(0.5) ? keyed.joinAsOf(versions, options) : keyed.leftJoinAsOf(versions, options)
  ).to(table('joined'));
}

const lookedUp = (chance: Chance): Plan =>
  clicks()
    .lookup(rowsOf<{ weight: number }>('weights'), {
      key: (event) => event.key,
      cacheFor: chance.pick([0, 3 * SECONDS]),
    })
    .keyBy(({ event }) => event.key)
    .window(TumblingWindow.of(3, SECONDS))
    .sum(({ event, row }) => event.v * (row?.weight ?? 0), stage(chance, 'weighed'))
    .to(table('results'));

/** By the time at which the log took them. */
const byArrival = (chance: Chance): Plan =>
  pipeline('tried')
    .stream('clicks', { schema, timestamp: 'arrival', maxDelay: HOURS })
    .keyBy((event) => event.key)
    .window(chance.pick(WINDOWS))
    .count(stage(chance, 'arrived'))
    .to(table('results'));

const relayed = (): Plan =>
  clicks()
    .filter((event) => event.v % 2 === 0)
    .map((event) => event.v)
    .to(table('even'));

let isRepaired = false;
const refused = schema.refine(({ v }) => isRepaired || v > 0, 'there are none yet');

/** A lane waits at a bad record, with all that comes after it, until somebody has repaired it. */
const stopping = (chance: Chance): Plan =>
  pipeline('tried')
    .stream('clicks', {
      schema: refused,
      timestamp: (event) => event.at,
      outOfOrderness: 5 * SECONDS,
      maxDelay: HOURS,
      onBadRecord: 'stop',
    })
    .keyBy((event) => event.key)
    .window(chance.pick(WINDOWS))
    .count(stage(chance, 'repaired'))
    .to(table('results'));

/** Nothing that would be bad for ever. */
const sound: EventsOf = ({ now, chance }) => ({
  at: now - chance.below((chance.happens(0.1) ? 60 : 6) * SECONDS),
  key: `k${chance.below(5)}`,
  v: chance.below(10),
});

const weights = ['hot', 'k1', 'k2'].map((key, n) => [key, { weight: n + 1 }] as const);

const one = { clicks: events };
const two = { clicks: events, views: events };

export const PIPELINES: readonly Tried[] = [
  { name: 'windows', plan: windows, events: one },
  { name: 'chain', plan: chain, events: one },
  { name: 'merge', plan: merged, events: two },
  { name: 'beside', plan: beside, events: two },
  { name: 'join', plan: joined, events: two },
  { name: 'process', plan: processed, events: one },
  { name: 'dedupe', plan: deduplicated, events: one },
  { name: 'evolve', plan: evolved, events: one },
  { name: 'table', plan: rows, events: one },
  { name: 'grouped', plan: grouped, events: one },
  { name: 'table-join', plan: tablesJoined, events: two },
  { name: 'foreign-key', plan: pointedTo, events: two },
  { name: 'window-table', plan: windowTables, events: one },
  { name: 'relay', plan: relayed, events: one },
  { name: 'as-of', plan: asOf, events: two },
  { name: 'lookup', plan: lookedUp, events: one, lookups: { weights } },
  { name: 'arrival', plan: byArrival, events: one },
  { name: 'any', plan: anyPipeline, events: two },
  {
    name: 'stopping',
    plan: stopping,
    events: { clicks: sound },
    repaired: (now) => {
      isRepaired = now;
    },
  },
];
