import { fields, type Plan, pipeline, SECONDS, TumblingWindow, table } from 'tidemark';
import { draws } from '../inputs/draws.ts';
import { STREAM, TABLE } from '../jobs/streams.ts';

/** What a pipeline that counts is given. */
export interface Load {
  readonly events: number;
  readonly keys: number;
  /** Files of a batch, shards of a stream: each event goes to the next one. */
  readonly lanes: number;
  /** Records an invocation of the handler. */
  readonly batch: number;
  readonly windowMs: number;
  /** So far apart events of neighbours may be, ms: about as many windows are open as fit into it. */
  readonly spreadMs: number;
  /** Of all events, those of one key. */
  readonly hotShare: number;
}

const BEGIN = Date.UTC(2026, 0, 5, 9);
/** 100 events a second. */
const EVENT_MS = 10;
const SEED = 7;

export const planOf = ({ windowMs, spreadMs }: Load): Plan =>
  pipeline('scale')
    .stream(STREAM, {
      schema: fields({ at: 'number', key: 'string' }),
      timestamp: (e) => e.at,
      outOfOrderness: spreadMs,
      maxDelay: 5 * SECONDS,
    })
    .keyBy((e) => e.key)
    .window(TumblingWindow.of(windowMs / SECONDS, SECONDS))
    .count()
    .to(table(TABLE));

/** An event on its way. */
export interface Arrival {
  readonly line: string;
  /** ms. */
  readonly arrivalTime: number;
}

/** The events of a load, one after the other: the same for the same load, on every machine. */
export function* arrivals({ events, keys, spreadMs, hotShare }: Load): Generator<Arrival> {
  const from = draws(SEED);
  for (let n = 0; n < events; n++) {
    const arrivalTime = BEGIN + n * EVENT_MS;
    const key = from.next() < hotShare ? 0 : from.below(keys);
    const at = arrivalTime - from.below(spreadMs);
    yield { line: JSON.stringify({ at, key: `key-${key}` }), arrivalTime };
  }
}
