import * as z from 'zod';
import {
  combine,
  count,
  HOURS,
  HoppingWindow,
  lateEvents,
  type Plan,
  pipeline,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  type Stream,
  sum,
  type Table,
  TumblingWindow,
  table,
  type WindowKind,
} from '../../src/index.ts';
import type { Chance } from '../../src/testing/index.ts';

/** What flows between the parts of a pipeline that is drawn: all parts take it and give it. */
interface Thing {
  readonly key: string;
  readonly v: number;
}

const schema = z.object({ at: z.number(), key: z.string(), v: z.number() });

/** Stages in a row. */
const DEPTH_MAX = 3;

/**
 * Any pipeline that the operators can be put together to: steps, then a stage or a join or a table, and
 * the same again on what comes of it, up to three stages in a row, with results told on the way.
 */
export function anyPipeline(chance: Chance): Plan {
  const drawn = new Drawn(chance);
  drawn.continue(drawn.source(), 0);
  return combine(...(drawn.plans as [Plan, ...Plan[]]));
}

class Drawn {
  readonly plans: Plan[] = [];
  readonly #chance: Chance;
  readonly #streams: Stream<Thing>[];
  #stages = 0;
  #sinks = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
    const begin = pipeline('any');
    const outOfOrderness = chance.pick([0, 5, 20]) * SECONDS;
    const stream = (name: string): Stream<Thing> =>
      begin
        .stream(name, {
          schema,
          timestamp: (event) => event.at,
          outOfOrderness,
          maxFutureSkew: 30 * SECONDS,
          maxDelay: HOURS,
        })
        .map(({ key, v }) => ({ key, v }));
    this.#streams = [stream('clicks'), stream('views')];
  }

  source(): Stream<Thing> {
    const [clicks, views] = this.#streams as [Stream<Thing>, Stream<Thing>];
    return this.#chance.happens(0.25) ? clicks.merge(views) : this.#chance.pick([clicks, views]);
  }

  /** Steps and a stage; what comes of it is told, goes on, or both. */
  continue(from: Stream<Thing>, depth: number): void {
    const { pick, happens } = this.#chance;
    const steps = this.#steps(from);
    const draw = pick([this.#windows, this.#rows, this.#joined, this.#deduplicated, this.#evolved]);
    const next = draw.call(this, steps);
    if (depth + 1 >= DEPTH_MAX || happens(0.4)) {
      if (!happens(0.5)) this.#tell(next);
      else this.continue(next, DEPTH_MAX);
      return;
    }
    if (happens(0.5)) this.#tell(next);
    this.continue(next, depth + 1);
  }

  #steps(stream: Stream<Thing>): Stream<Thing> {
    const { pick, below, happens } = this.#chance;
    let now = stream;
    for (let n = below(3); n > 0; n--) {
      const divisor = pick([2, 3, 5]);
      now = pick([
        () => now.filter(({ v }) => v % divisor !== 0),
        () => now.map((thing) => ({ ...thing, v: thing.v % divisor })),
        () => now.map(({ v }) => ({ key: `v${v % divisor}`, v })),
        () => now.flatMap((thing) => Array.from({ length: thing.v % 3 }, () => thing)),
        () => now.project('key', 'v').peek(() => undefined),
        () => now.branch(({ v }) => v > 4)[below(2)] as Stream<Thing>,
      ])();
    }
    return happens(0.2) ? now.merge(stream) : now;
  }

  #windows(from: Stream<Thing>): Stream<Thing> {
    const { pick, happens } = this.#chance;
    const window = this.#window();
    let windowed = from.keyBy(({ key }) => key).window(window);
    if (happens(0.3)) windowed = windowed.sideOutput(lateEvents(`late-${this.#sinks++}`));
    // Results that are told anew go on as a table alone.
    const isTold = window.kind !== 'perEvent' && happens(0.3);
    if (isTold) windowed = windowed.allowedLateness(pick([3, 20]) * SECONDS);
    const options = this.#stage('windows');
    const results = pick([
      () => windowed.count(options),
      () => windowed.sum(({ v }) => v, options),
      () => windowed.max(({ v }) => v, options),
      () => windowed.distinct(({ v }) => v, options),
    ])();
    if (isTold) return this.#changes(results.asTable().mapValues(({ value }) => value));
    return results.map(({ key, value }) => ({ key, v: value }));
  }

  #window(): WindowKind {
    return this.#chance.pick([
      TumblingWindow.of(3, SECONDS),
      TumblingWindow.of(10, SECONDS, { offset: SECONDS }),
      HoppingWindow.of(9, SECONDS).every(3, SECONDS),
      HoppingWindow.of(10, SECONDS).every(4, SECONDS),
      SessionWindow.withGap(4, SECONDS),
      SlidingWindow.of(4, SECONDS),
      SlidingWindow.ofTimeDifference(3, SECONDS),
    ]);
  }

  /** Tables, joined and grouped, as the stream of their changes. */
  #rows(from: Stream<Thing>): Stream<Thing> {
    const { pick, happens } = this.#chance;
    const rows = this.#table(from);
    const drawn = pick([
      () => rows,
      () => rows.filter((v) => v % 2 === 0),
      () => rows.groupBy((v) => v % 3).sum((v) => v, this.#stage('groups')),
      () => rows.groupBy((v) => v % 3).count(this.#stage('groups')),
      () =>
        rows
          .leftJoin(this.#table(this.source()), this.#stage('joined'))
          .mapValues(({ left, right }) => left + (right ?? 0)),
      () =>
        rows
          .joinOn(this.#table(this.source()), (v) => `k${v % 5}`, this.#stage('pointed'))
          .mapValues(({ left, right }) => left * 2 + right),
    ])();
    if (happens(0.5)) this.plans.push(drawn.to(table(`rows-${this.#sinks++}`)));
    return this.#changes(drawn);
  }

  #table(from: Stream<Thing>): Table<number> {
    const { pick } = this.#chance;
    const keyed = from.keyBy(({ key }) => key);
    return pick([
      () => keyed.toTable({ ...this.#stage('latest'), row: ({ v }) => (v < 2 ? undefined : v) }),
      () => keyed.count(this.#stage('counts')),
      () => keyed.sum(({ v }) => v, this.#stage('sums')),
    ])();
  }

  #changes(rows: Table<number>): Stream<Thing> {
    return rows.changes().map(({ key, value, old }) => ({ key, v: (value ?? 0) + (old ?? 0) }));
  }

  #joined(from: Stream<Thing>): Stream<Thing> {
    const { pick, happens } = this.#chance;
    const left = from.keyBy(({ key }) => key);
    if (happens(0.4)) {
      const rows = this.#table(this.source());
      return left
        .leftJoinAsOf(rows, this.#stage('as-of'))
        .map(({ left: one, right }) => ({ key: one.key, v: one.v + (right ?? 0) }));
    }
    const right = this.#steps(this.source()).keyBy(({ key }) => key);
    const bounds = { before: pick([0, 4]) * SECONDS, after: pick([0, 2, 9]) * SECONDS };
    const options = { ...bounds, ...this.#stage('pairs') };
    return left.outerJoin(right, options).map((pair) => ({
      key: (pair.left ?? pair.right)?.key ?? 'nobody',
      v: (pair.left?.v ?? 0) * 10 + (pair.right?.v ?? 0),
    }));
  }

  #deduplicated(from: Stream<Thing>): Stream<Thing> {
    const within = this.#chance.pick([2, 30]) * SECONDS;
    return from.dedupe({ by: ({ key, v }) => `${key} ${v}`, within, ...this.#stage('firsts') });
  }

  #evolved(from: Stream<Thing>): Stream<Thing> {
    const states = from
      .keyBy(({ key }) => key)
      .evolve<number>({
        ...this.#stage('states'),
        initial: 1,
        apply: (state, { v }) => (state * 3 + v) % 1_000,
      });
    return this.#chance.happens(0.5)
      ? this.#changes(states)
      : states.audit().map(({ event, after }) => ({ key: event.key, v: after ?? 0 }));
  }

  #tell(stream: Stream<Thing>): void {
    const { happens } = this.#chance;
    if (happens(0.5)) {
      this.plans.push(stream.to(table(`told-${this.#sinks++}`)));
      return;
    }
    const parts = { n: count(), v: sum(({ v }: Thing) => v) };
    this.plans.push(
      stream
        .keyBy(({ key }) => key)
        .window(TumblingWindow.of(10, SECONDS))
        .aggregate(parts, this.#stage('summed'))
        .to(table(`told-${this.#sinks++}`)),
    );
  }

  #stage(name: string) {
    const { pick } = this.#chance;
    return {
      name: `${name}-${this.#stages++}`,
      buckets: pick([1, 1, 2, 3]),
      keysPerChunk: pick([1, 2, 500]),
    };
  }
}
