import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration } from '../../src/time/duration.ts';
import { toEventTime } from '../../src/time/event-time.ts';

test('what Date writes is read as Date reads it, with and without milliseconds', () => {
  const dates = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(dates, (date) => {
      const text = date.toISOString();
      expect(toEventTime(text)).toBe(date.getTime());
      expect(toEventTime(text.replace(/\.\d+Z/, 'Z'))).toBe(
        Math.floor(date.getTime() / 1000) * 1000,
      );
    }),
  );
});

test('any text of that shape is read as Date.parse reads it, or not at all', () => {
  const two = fc.integer({ min: 0, max: 70 }).map((n) => String(n).padStart(2, '0'));
  fc.assert(
    fc.property(two, two, two, two, two, (month, day, hour, minute, second) => {
      const text = `2024-${month}-${day}T${hour}:${minute}:${second}Z`;
      const parsed = Date.parse(text);
      expect(toEventTime(text)).toBe(Number.isNaN(parsed) ? undefined : parsed);
    }),
    { numRuns: 2_000 },
  );
});

test.each`
  value                            | time
  ${'2026-03-01T12:00:00+02:00'}   | ${Date.UTC(2026, 2, 1, 10)}
  ${'2026-03-01T12:00Z'}           | ${Date.UTC(2026, 2, 1, 12)}
  ${'2026-03-01T12:00:00.123456Z'} | ${Date.UTC(2026, 2, 1, 12, 0, 0, 123)}
  ${'2024-02-29T00:00:00Z'}        | ${Date.UTC(2024, 1, 29)}
  ${new Date(5)}                   | ${5}
  ${1.9}                           | ${1}
  ${-1}                            | ${-1}
  ${0}                             | ${0}
  ${'2026-03-01T12:00:00'}         | ${undefined}
  ${'2026-03-01'}                  | ${undefined}
  ${'1456833600000'}               | ${undefined}
  ${'2026-13-01T12:00:00Z'}        | ${undefined}
  ${'2026-03-01T12:60:00Z'}        | ${undefined}
  ${'2026-03-01T12:00:0xZ'}        | ${undefined}
  ${''}                            | ${undefined}
  ${Number.NaN}                    | ${undefined}
  ${Number.POSITIVE_INFINITY}      | ${undefined}
  ${8.64e15}                       | ${undefined}
  ${null}                          | ${undefined}
  ${undefined}                     | ${undefined}
  ${{}}                            | ${undefined}
  ${new Date(Number.NaN)}          | ${undefined}
`('$value is $time', ({ value, time }) => {
  expect(toEventTime(value)).toBe(time);
});

test.each`
  ms            | text
  ${0}          | ${'0ms'}
  ${250}        | ${'250ms'}
  ${30_000}     | ${'30s'}
  ${300_000}    | ${'5m'}
  ${5_400_000}  | ${'1h30m'}
  ${90_061_001} | ${'1d1h1m1s1ms'}
  ${-300_000}   | ${'-5m'}
`('$ms ms is written $text', ({ ms, text }) => {
  expect(formatDuration(ms)).toBe(text);
});
