import type { Codec } from '../schema/codec.ts';
import { jsonText } from '../schema/json-codec.ts';
import { storedJson } from '../schema/stored-json.ts';
import type { Aggregate } from './aggregate.ts';
import type { HeldOptions } from './distinct.ts';
import { storableText } from './entries.ts';
import { ordered } from './ordered.ts';
import { calling, checkSynchronous, unlessRefused } from './user-function.ts';

/** How `reduce` holds events until its window fires. */
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
  checkSynchronous(
    'what reduce() is given',
    combine,
    'Give a function that makes one event of two.',
  );
  const both = (left: In, right: In): In => calling(COMBINE, () => combine(left, right));
  if (commutative) return atOnce(both);
  const result = (values: In[]): In => values.reduce((left, right) => both(left, right));
  return ordered('reduce', { of: (event: In) => event, max, result });
}

const COMBINE = { name: 'the function of reduce()', stage: undefined };

/**
 * Values as text: a function that changes what it is given changes nothing that is kept. One for all
 * events; but where the function fails on two of them, or makes what JSON cannot hold, they are kept
 * apart, and only asked for together when the window is finished: `merge` does not throw, and nothing
 * that a corrected function needs is lost.
 */
function atOnce<In>(combine: (left: In, right: In) => In): Aggregate<In, string[], In> {
  const merge = (texts: string[], others: readonly string[]): string[] => {
    const [text, other] = [texts[0], others[0]];
    const both =
      texts.length === 1 && others.length === 1
        ? unlessRefused(() => jsonText(combine(parsed(text), parsed(other)), 'relaxed'))
        : undefined;
    if (both === undefined) for (const one of others) texts.push(one);
    else texts[0] = both;
    return texts;
  };
  return {
    name: 'reduce-commutative',
    create: () => [],
    add: (texts, event) => merge(texts, [storableText(event)]),
    merge,
    finish(texts) {
      // In an order that no batch decides.
      const values = [...texts].sort().map((text) => parsed<In>(text));
      return values.reduce((left, right) => combine(left, right));
    },
    codec: textsCodec,
  };
}

const parsed = <In>(text: string | undefined): In => storedJson(text as string) as In;

/** No JSON text begins so. */
const APART = '!';

/** One text as it is: nearly always there is one. */
const textsCodec: Codec<string[]> = {
  write(texts, to) {
    to.text(texts.length > 1 ? `${APART}${JSON.stringify(texts)}` : (texts[0] ?? ''));
  },
  read(from) {
    const text = from.text();
    if (text.startsWith(APART)) return storedJson(text.slice(APART.length)) as string[];
    return text === '' ? [] : [text];
  },
};
