import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import { toEventTime } from '../../src/time/event-time.ts';
import fc from '../support/fast-check.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme', minLength: 60, maxLength: 80 }),
  fc.constantFrom('', '\ufeff', '\ufeffa', 'a\u0000b', '\u007f', '\u0080', `${'x'.repeat(63)}ü`),
);

test('text of any kind and length comes back as it was, whatever is written around it', () => {
  fc.assert(
    fc.property(fc.array(text), fc.integer({ min: 1, max: 16 }), (texts, capacity) => {
      const writer = new ByteWriter(capacity);
      for (const one of texts) {
        writer.text(one);
        writer.unsigned(one.length);
      }
      const reader = new ByteReader(writer.bytes());
      for (const one of texts) {
        expect(reader.text()).toBe(one);
        expect(reader.unsigned()).toBe(one.length);
      }
      expect(reader.done).toBe(true);
    }),
  );
});

test('how far any two times of events lie apart comes back as it was', () => {
  const nearest = toEventTime(2 ** 50 - 1) as number;
  const time = fc.oneof(
    fc.integer({ min: -nearest, max: nearest }),
    fc.constantFrom(nearest, -nearest, 0, -1, 1),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(time, time)), (pairs) => {
      const writer = new ByteWriter();
      for (const [a, b] of pairs) writer.signed(a - b);
      const reader = new ByteReader(writer.bytes());
      for (const [a, b] of pairs) expect(b + reader.signed()).toBe(a);
      expect(reader.done).toBe(true);
    }),
  );
  expect(toEventTime(nearest + 1)).toBeUndefined();
});
