import { expect, test } from 'vitest';
import { formatDuration } from '../../src/time/duration.ts';
import { toEventTime } from '../../src/time/event-time.ts';
import fc from '../support/fast-check.ts';

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

test('any text of that shape is read as Date.parse reads it, or not at all if there is no such day', () => {
  const two = fc.integer({ min: 0, max: 70 }).map((n) => String(n).padStart(2, '0'));
  fc.assert(
    fc.property(two, two, two, two, two, (month, day, hour, minute, second) => {
      const text = `2024-${month}-${day}T${hour}:${minute}:${second}Z`;
      const parsed = Date.parse(text);
      const exists = !Number.isNaN(parsed) && isDay(2024, Number(month), Number(day));
      expect(toEventTime(text)).toBe(exists ? parsed : undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('what was read before does not show, however much of its text is the same', () => {
  const end = fc.string({ unit: fc.constantFrom(...'0123456789.,:ZTz+- '), maxLength: 8 });
  const before = '2026-03-01T12:00:07.250Z';
  fc.assert(
    fc.property(fc.nat(24), end, (same, rest) => {
      const text = before.slice(0, same) + rest;
      toEventTime('1999-12-31T23:59:59Z');
      const alone = toEventTime(text);
      toEventTime(before);
      expect(toEventTime(text)).toBe(alone);
    }),
    { numRuns: 5_000 },
  );
});

test.each(['07.250X', '07:250Z', '60.000Z', '0x.250Z', '07.2-0Z', '07.25ZZ', '60Z', '7.0Z'])(
  'a minute that was read before makes no time of %s',
  (end) => {
    toEventTime('2026-03-01T12:00:07.250Z');
    expect(toEventTime(`2026-03-01T12:00:${end}`)).toBeUndefined();
  },
);

test('every day that a calendar has is read, and no other one', () => {
  for (const year of [1900, 2000, 2023, 2024, 2100]) {
    for (let month = 1; month <= 12; month++) {
      for (let day = 1; day <= 31; day++) {
        const date = [year, month, day].map((n) => String(n).padStart(2, '0')).join('-');
        const time = isDay(year, month, day) ? Date.UTC(year, month - 1, day) : undefined;
        expect(toEventTime(`${date}T00:00:00Z`), date).toBe(time);
        expect(toEventTime(`${date}T01:00:00,000+01:00`), date).toBe(time);
      }
    }
  }
});

/** A date of the month goes back to itself only if the month has it. */
const isDay = (year: number, month: number, day: number): boolean =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;

test.each`
  value                            | time
  ${'2026-03-01T12:00:00+02:00'}   | ${Date.UTC(2026, 2, 1, 10)}
  ${'2026-03-01T12:00Z'}           | ${Date.UTC(2026, 2, 1, 12)}
  ${'2026-03-01T12:00:00.123456Z'} | ${Date.UTC(2026, 2, 1, 12, 0, 0, 123)}
  ${'2024-02-29T00:00:00Z'}        | ${Date.UTC(2024, 1, 29)}
  ${'2026-03-01T12:00:00,250Z'}    | ${Date.UTC(2026, 2, 1, 12, 0, 0, 250)}
  ${'2026-03-31T24:00:00Z'}        | ${Date.UTC(2026, 3, 1)}
  ${'+002026-03-31T00:00:00Z'}     | ${Date.UTC(2026, 2, 31)}
  ${'-000004-02-29T00:00:00Z'}     | ${-62_288_352_000_000}
  ${2 ** 50 - 1}                   | ${2 ** 50 - 1}
  ${1 - 2 ** 50}                   | ${1 - 2 ** 50}
  ${2 ** 50}                       | ${undefined}
  ${-(2 ** 50)}                    | ${undefined}
  ${-8.2e15 + 1}                   | ${undefined}
  ${'2026-02-30T00:00:00Z'}        | ${undefined}
  ${'2026-04-31T12:00+02:00'}      | ${undefined}
  ${'2100-02-29T00:00:00Z'}        | ${undefined}
  ${'-000001-02-29T00:00:00Z'}     | ${undefined}
  ${'+002026-02-29T00:00:00Z'}     | ${undefined}
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
