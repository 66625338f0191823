import { BadRecordError, NotStorableError, PlanError } from '../errors.ts';
import type { Codec } from '../schema/codec.ts';
import { jsonText } from '../schema/json-codec.ts';
import { accumulatorCodec } from './accumulator-codec.ts';
import type { Aggregate, At } from './aggregate.ts';
import { calling, checkSynchronous } from './user-function.ts';

/**
 * An aggregate of one's own. The rules are those of `Aggregate`; `checkAggregateLaws` of
 * tidemark/testing tells whether they hold.
 */
export interface CustomAggregate<In, Acc, Out> {
  /** Stable: part of the stage's name. Without it the stage must be named. */
  readonly name?: string;
  /** An accumulator that holds nothing yet. */
  create(): Acc;
  /** The accumulator with one event more. It throws before anything has changed, or not at all. */
  add(accumulator: Acc, event: In, at: At): Acc;
  /** What both hold together; associative and commutative. */
  merge(accumulator: Acc, other: Acc): Acc;
  /** The result of what was added. */
  finish(accumulator: Acc): Out;
  /** Undoes `add`, exactly, if that can be done: see `Aggregate`. */
  remove?(accumulator: Acc, event: In): Acc;
  /**
   * How accumulators are stored. Default: as JSON, which must hold them exactly; what `merge` makes may
   * have NaN and infinities too.
   */
  readonly codec?: Codec<Acc>;
  /** For types only, there is no value. */
  readonly accepts?: (event: In) => void;
}

/** What stands for a name that was not given; no stage can be called so. */
const UNNAMED = '(custom)';

/**
 * Without a codec every event is first folded into an accumulator of its own: if that cannot be
 * stored, as when a missing number made it NaN, the event alone is set aside. With a codec events are
 * added to the accumulator that is there, and `add` must throw before it changes anything. `merge` and
 * `finish` that throw end the firing with a UserFunctionError.
 *
 * @throws PlanError SETTING_INVALID unless all functions are there, none is asynchronous, and JSON, or the codec, holds `create()`
 */
export function customAggregate<In, Acc, Out>(
  custom: CustomAggregate<In, Acc, Out>,
): Aggregate<In, Acc, Out> {
  for (const part of ['create', 'add', 'merge', 'finish'] as const) {
    checkSynchronous(`${part} of an aggregate`, custom[part], PARTS);
  }
  const { codec } = custom;
  if (custom.remove !== undefined) checkSynchronous('remove of an aggregate', custom.remove);
  if (codec === undefined) checkStorable(custom.create());
  const merge = (accumulator: Acc, other: Acc) =>
    calling(MERGE, () => custom.merge(accumulator, other));
  return Object.freeze({
    name: custom.name ?? UNNAMED,
    create: () => custom.create(),
    add: (accumulator: Acc, event: In, at?: At) =>
      codec === undefined
        ? merge(accumulator, single(custom, event, at as At))
        : custom.add(accumulator, event, at as At),
    merge,
    finish: (accumulator: Acc) => calling(FINISH, () => custom.finish(accumulator)),
    ...(custom.remove && {
      remove: (accumulator: Acc, event: In) =>
        calling(REMOVE, () => custom.remove?.(accumulator, event) as Acc),
    }),
    codec: codec ?? accumulatorCodec<Acc>(),
  });
}

const PARTS = 'Give all four: { create, add, merge, finish }.';
const MERGE = { name: 'merge of an aggregate', stage: undefined };
const FINISH = { name: 'finish of an aggregate', stage: undefined };
const REMOVE = { name: 'remove of an aggregate', stage: undefined };

function single<In, Acc>(custom: CustomAggregate<In, Acc, unknown>, event: In, at: At): Acc {
  const accumulator = custom.add(custom.create(), event, at);
  try {
    jsonText(accumulator);
  } catch (cause) {
    throw new BadRecordError(`with it the aggregate cannot be stored: ${messageOf(cause)}`, {
      cause,
    });
  }
  return accumulator;
}

function checkStorable(empty: unknown): void {
  try {
    jsonText(empty);
  } catch (cause) {
    if (!(cause instanceof NotStorableError)) throw cause;
    throw new PlanError(
      'SETTING_INVALID',
      `what create() of an aggregate gives cannot be stored: ${cause.message}`,
      'Keep null, texts, finite numbers, booleans, arrays and plain objects, or give a codec.',
    );
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown');
