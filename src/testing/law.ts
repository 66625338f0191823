import { inspect, isDeepStrictEqual } from 'node:util';
import type { AnyAggregate, At } from '../operators/aggregate.ts';
import { ByteReader, ByteWriter } from '../schema/bytes.ts';

/** An event with its place in the log. */
export interface Added<In = never> {
  readonly value: In;
  readonly at: At;
}

/** Events as three batches have them, and events that the aggregate refuses. */
export interface Trial<In = never> {
  readonly a: readonly Added<In>[];
  readonly b: readonly Added<In>[];
  readonly c: readonly Added<In>[];
  readonly refused: readonly Added<In>[];
}

/** What must hold of every aggregate, whatever the events. */
export interface Law {
  readonly name: string;
  /** What to do about it. */
  readonly hint: string;
  /** Two sides that must be equal; `undefined` where the law says nothing, as of no events at all. */
  sides<In>(aggregate: AnyAggregate<In>, trial: Trial<In>): readonly [Side, Side] | undefined;
}

/** In words, and what comes out. */
export type Side = readonly [words: string, outcome: unknown];

/** How the law is broken by these events, in words; `undefined` if it is not. */
export function breach<In>(
  law: Law,
  aggregate: AnyAggregate<In>,
  trial: Trial<In>,
): string | undefined {
  const [left, right] = law.sides(aggregate, trial) ?? [];
  if (!left || !right || isDeepStrictEqual(left[1], right[1])) return undefined;
  return `${left[0]} gives ${shown(left[1])}, ${right[0]} gives ${shown(right[1])}`;
}

export const shown = (value: unknown): string =>
  inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY });

/** The accumulator of these events. */
export const fold = <In>(
  aggregate: AnyAggregate<In>,
  events: readonly Added<In>[],
  into: unknown = aggregate.create(),
): unknown => events.reduce((held, { value, at }) => aggregate.add(held, value, at), into);

/** What a window would give. An error is an outcome too: the same on both sides, or a difference. */
export function outcome(aggregate: AnyAggregate, accumulator: () => unknown): unknown {
  try {
    return aggregate.finish(accumulator());
  } catch (error) {
    return new Thrown(String(error));
  }
}

class Thrown {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  [inspect.custom](): string {
    return this.message;
  }
}

/** Written into bytes and read back. */
export function stored(aggregate: AnyAggregate, accumulator: unknown): unknown {
  const writer = new ByteWriter();
  aggregate.codec.write(accumulator, writer, SLOT);
  const reader = new ByteReader(writer.bytes().slice());
  const back = aggregate.codec.read(reader, SLOT);
  if (!reader.done) throw new Error('the codec writes more than it reads');
  return back;
}

/** Near to the events, ms. */
const SLOT = 1_000_010;
