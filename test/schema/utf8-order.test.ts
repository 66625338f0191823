import { expect, test } from 'vitest';
import { compareUtf8 } from '../../src/schema/utf8-order.ts';
import fc from '../support/fast-check.ts';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'b', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
});

test('texts compare as the bytes of their UTF-8 do', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const byBytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareUtf8(a, b))).toBe(byBytes);
    }),
    { numRuns: 2_000 },
  );
});

test('this is not the order of <', () => {
  expect('\uffff' < '\u{10000}').toBe(false);
  expect(compareUtf8('\uffff', '\u{10000}')).toBeLessThan(0);
});
