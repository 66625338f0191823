import { InvariantError } from '../errors.ts';
import type { Codec } from '../schema/codec.ts';
import type { Aggregate } from './aggregate.ts';
import { checkFunctionOf } from './checks.ts';
import type { HeldOptions } from './distinct.ts';
import { storableText } from './entries.ts';
import { ordered } from './ordered.ts';

export interface ReduceOptions extends HeldOptions {
  /**
   * The function gives the same in any order and any grouping of events, as `a + b` does with whole
   * numbers and not with fractions. Then one value is kept instead of all events. Default false.
   */
  readonly commutative?: boolean;
}

/**
 * The events of a window made one, two at a time, in event-time order. Without `commutative` every
 * event is kept until the window closes, as with `collect`, 10,000 a window unless `max` says
 * otherwise; with it each event costs a turn through JSON.
 *
 * @throws PlanError SETTING_INVALID
 */
export function reduce<In>(
  combine: (left: In, right: In) => In,
  { commutative = false, max }: ReduceOptions = {},
): Aggregate<In, unknown, In> {
  checkFunctionOf('what reduce() is given', combine);
  if (commutative) return atOnce(combine);
  const of = (event: In): In => event;
  const result = (values: In[]): In => values.reduce((left, right) => combine(left, right));
  return ordered('reduce', { of, max, result });
}

/** Kept as text: a function that changes what it is given, or throws, changes nothing that is kept. */
function atOnce<In>(combine: (left: In, right: In) => In): Aggregate<In, string, In> {
  const join = (text: string, value: In): string =>
    storableText(text === NOTHING ? value : combine(parsed<In>(text), value));
  return {
    name: 'reduce-commutative',
    create: () => NOTHING,
    add: join,
    merge: (text, other) => (other === NOTHING ? text : join(text, parsed<In>(other))),
    finish: parsed<In>,
    codec: textCodec,
  };
}

/** No JSON text is empty. */
const NOTHING = '';

function parsed<In>(text: string): In {
  if (text === NOTHING) throw new InvariantError('a window without events is not finished');
  return JSON.parse(text) as In;
}

const textCodec: Codec<string> = {
  write: (text, to) => to.text(text),
  read: (from) => from.text(),
};
