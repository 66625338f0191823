import { fields, type Plan, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { STREAM, TABLE } from '../jobs/streams.ts';

/** How far out of order events may be, ms: they come in order, but not quite at the same time to all shards. */
export const BOUND_MS = 50;
export const WINDOW_MS = SECONDS;

const KEYS = 10;

interface Event {
  readonly at: number;
  readonly key: string;
}

/** Events per key, in windows of a second. */
export const countPlan = (): Plan =>
  pipeline('latency')
    .stream(STREAM, {
      schema: fields({ at: 'number', key: 'string' }),
      timestamp: (e) => e.at,
      outOfOrderness: BOUND_MS,
    })
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(1, SECONDS))
    .count()
    .to(table(TABLE));

/** The `n`th event, which happens at an instant, ms. */
export const eventLine = (n: number, at: number): string =>
  JSON.stringify({ at, key: `key-${n % KEYS}` } satisfies Event);

export const timeOf = (line: string): number => (JSON.parse(line) as Event).at;
