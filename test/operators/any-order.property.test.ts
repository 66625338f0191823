import { expect, test } from 'vitest';
import type { AnyAggregate, At } from '../../src/operators/aggregate.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import fc from '../support/fast-check.ts';
import { EVERY, type Reading } from './every-aggregate.ts';

interface Event {
  readonly reading: Reading;
  readonly at: At;
}

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(12))
  .map(([units, digits]) => `${units}.${'7'.repeat(digits)}`);

const reading: fc.Arbitrary<Reading> = fc.record({
  value: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, min: -1e140, max: 1e140 }),
    fc.double({ noNaN: true, min: -1e-140, max: 1e-140 }),
  ),
  word: fc.oneof(fc.constantFrom('a', 'b', 'ab'), fc.string({ unit: 'grapheme', maxLength: 5 })),
  price: decimal,
});

/** Many of the same time; sequence numbers like Kinesis makes them, of more than one length. */
const events: fc.Arbitrary<Event[]> = fc
  .array(fc.tuple(reading, fc.integer({ min: -2, max: 2 }), fc.nat(2)), {
    minLength: 1,
    maxLength: 40,
  })
  .map((list) =>
    list.map(([read, eventTime, lane], i) => ({
      reading: read,
      at: {
        eventTime,
        lane: `shardId-00000000000${lane}@17`,
        position: `${'4963'.repeat(13 + (i % 2))}${i}`,
        index: i % 3,
      },
    })),
  );

test.each(EVERY.map((of) => [of.name, of] as const))(
  '%s: no order, no cut and no storage changes a bit',
  (_name, of) => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (list, chance) => {
        const next = (below: number): number => (chance.next().value as number) % below;
        const whole = of.finish(folded(of, list));
        let parts = cut(shuffled(list, next), next).map((part) => folded(of, part));
        while (parts.length > 1) {
          const [one, other, ...rest] = shuffled(parts, next);
          const merged = of.merge(next(2) ? stored(of, one) : one, stored(of, other));
          parts = [merged, ...rest];
        }
        expect(of.finish(stored(of, parts[0]))).toStrictEqual(whole);
      }),
      { numRuns: 60 },
    );
  },
);

const INVERTIBLE = EVERY.filter(({ remove }) => remove !== undefined);

test('aggregates that can take back what was added', () => {
  expect(INVERTIBLE.map(({ name }) => name)).toEqual([
    'count',
    'sum',
    'sum-decimal',
    'average',
    'variance',
    'variance-sample',
    'standard-deviation',
    'standard-deviation-sample',
    '{n=count,total=sum}',
  ]);
});

test.each(INVERTIBLE.map((of) => [of.name, of] as const))(
  '%s: what was added and removed leaves no trace',
  (_name, of) => {
    fc.assert(
      fc.property(events, events, fc.infiniteStream(fc.nat()), (kept, gone, chance) => {
        const next = (below: number): number => (chance.next().value as number) % below;
        const held = folded(of, shuffled([...kept, ...gone], next));
        const left = shuffled(gone, next).reduce(
          (into, { reading: read }) => of.remove?.(into, read),
          stored(of, held),
        );
        expect(of.finish(stored(of, left))).toStrictEqual(of.finish(folded(of, kept)));
      }),
      { numRuns: 100 },
    );
  },
);

const folded = (of: AnyAggregate<Reading>, list: readonly Event[]): unknown =>
  list.reduce((held, { reading: read, at }) => of.add(held, read, at), of.create());

function stored(of: AnyAggregate, accumulator: unknown): unknown {
  const writer = new ByteWriter(1);
  of.codec.write(accumulator, writer, 10);
  const reader = new ByteReader(writer.bytes().slice());
  const back = of.codec.read(reader, 10);
  expect(reader.done).toBe(true);
  return back;
}

function shuffled<T>(list: readonly T[], next: (below: number) => number): T[] {
  return list
    .map((one) => ({ one, rank: next(1e9) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

/** Into batches, some of them empty. */
function cut<T>(list: readonly T[], next: (below: number) => number): T[][] {
  const batches: T[][] = [[], [], [], []];
  for (const one of list) batches[next(4)]?.push(one);
  return batches;
}
