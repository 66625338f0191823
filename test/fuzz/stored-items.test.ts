import { describe, expect, test } from 'vitest';
import { type Item, TidemarkError } from '../../src/index.ts';
import { PLANS } from '../compat/plans.ts';
import { playedFrom, type Stored } from '../compat/played.ts';
import { readRecorded } from '../compat/recorded.ts';
import fc from '../support/fast-check.ts';

type Damage = (bytes: Uint8Array) => Uint8Array;

const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(
    ([at, bits]): Damage =>
      (bytes) =>
        bytes.map((b, n) => (n === at % bytes.length ? b ^ bits : b)),
  ),
  fc.nat().map(
    (length): Damage =>
      (bytes) =>
        bytes.slice(0, length % bytes.length),
  ),
  fc.uint8Array({ maxLength: 9 }).map(
    (more): Damage =>
      (bytes) =>
        Buffer.concat([bytes, more]),
  ),
  fc.uint8Array({ maxLength: 40 }).map(
    (others): Damage =>
      () =>
        others,
  ),
);

/**
 * Bytes in the table that no release has written, as after a restore gone wrong: what is noticed is told as
 * what it is. What is not noticed counts wrong numbers, which no code can see; it must not crash or hang.
 */
describe.each(Object.entries(PLANS))('%s', (name, plan) => {
  const { stored } = readRecorded(new URL(`../compat/format-1/${name}.jsonl`, import.meta.url));
  const inBytes = stored.filter(({ item }) => bytesOf(item).length > 0);

  test('damaged bytes are told, or taken for others', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), damages, async (which, damage) => {
        const chosen = inBytes[which % inBytes.length] as Stored;
        const damaged = stored.map((one) => (one === chosen ? withDamage(one, damage) : one));
        try {
          await playedFrom(plan(), damaged);
        } catch (error) {
          if (!(error instanceof TidemarkError)) throw error;
          told += 1;
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 100) },
    );
    expect(told).toBeGreaterThan(0);
  });
});

const bytesOf = (item: Item): string[] =>
  Object.keys(item).filter((name) => item[name] instanceof Uint8Array);

function withDamage({ table, item }: Stored, damage: Damage): Stored {
  const names = bytesOf(item);
  const changed = names.map((name) => [name, damage(item[name] as Uint8Array)]);
  return { table, item: { ...item, ...Object.fromEntries(changed) } };
}
