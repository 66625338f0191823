import { PlanError } from '../errors.ts';
import type { Codec } from '../schema/codec.ts';
import type { Aggregate, AnyAggregate, At } from './aggregate.ts';

/** Aggregates under names of one's own. */
export type Parts<In = never> = Readonly<Record<string, AnyAggregate<In>>>;

/** One value with the result of each part under its name. */
export type Combined<P extends Parts> = {
  readonly [Name in keyof P]: P[Name] extends Aggregate<never, infer _Acc, infer Out> ? Out : never;
};

/** The events that all parts take. */
export type InOf<P extends Parts> = [AcceptsOf<P>] extends [((value: infer In) => void) | undefined]
  ? In
  : never;

type AcceptsOf<P extends Parts> = { [Name in keyof P]: P[Name]['accepts'] }[keyof P];

/**
 * Several aggregates over the same events, as one. An event that one of the parts refuses counts in
 * none. The parts are stored in the order of their names.
 *
 * @throws PlanError SETTING_INVALID
 */
export function combined<In, P extends Parts<In>>(parts: P): Aggregate<In, unknown[], Combined<P>> {
  const names = Object.keys(parts ?? {}).sort();
  const list = names.map((name) => partOf(parts, name));
  if (list.length === 0) throw noParts();
  return Object.freeze({
    name: `{${list.map((part, i) => `${names[i]}=${part.name}`).join()}}`,
    create: () => list.map((part) => part.create()),
    // Each part on its own first: if one throws, none has changed.
    add: (held: unknown[], event: In, at?: At) =>
      mergeAll(
        list,
        held,
        list.map((part) => part.add(part.create(), event, at)),
      ),
    merge: (held: unknown[], other: unknown[]) => mergeAll(list, held, other),
    ...(list.every((part) => part.remove) ? { remove: removal(list) } : {}),
    finish: (held: unknown[]) =>
      Object.fromEntries(list.map((part, i) => [names[i], part.finish(held[i])])) as Combined<P>,
    codec: allOf(list.map((part) => part.codec)),
  });
}

type List<In> = readonly AnyAggregate<In>[];

function mergeAll<In>(list: List<In>, held: unknown[], other: readonly unknown[]): unknown[] {
  for (const [i, part] of list.entries()) held[i] = part.merge(held[i], other[i]);
  return held;
}

const removal =
  <In>(list: List<In>) =>
  (held: unknown[], event: In): unknown[] =>
    list.map((part, i) => part.remove?.(held[i], event));

const allOf = (codecs: readonly Codec<unknown>[]): Codec<unknown[]> => ({
  write(held, to, slot) {
    for (const [i, codec] of codecs.entries()) codec.write(held[i], to, slot);
  },
  read: (from, slot) => codecs.map((codec) => codec.read(from, slot)),
});

function partOf<In>(parts: Parts<In>, name: string): AnyAggregate<In> {
  const part = parts[name];
  if (typeof part?.merge === 'function' && part.codec !== undefined) return part;
  throw new PlanError(
    'SETTING_INVALID',
    `"${name}" of several aggregates is none`,
    'Give one such as count(), sum((e) => e.amount), or aggregate({ create, add, merge, finish }).',
  );
}

const noParts = (): PlanError =>
  new PlanError(
    'SETTING_INVALID',
    'aggregate() was given no aggregate',
    'Give { create, add, merge, finish }, or aggregates by name such as { n: count() }.',
  );
