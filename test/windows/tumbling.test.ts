import { expect, test } from 'vitest';
import { HOURS, TumblingWindow } from '../../src/index.ts';

test.each`
  size   | offset | at     | start   | end
  ${100} | ${0}   | ${0}   | ${0}    | ${100}
  ${100} | ${0}   | ${99}  | ${0}    | ${100}
  ${100} | ${0}   | ${100} | ${100}  | ${200}
  ${100} | ${0}   | ${-1}  | ${-100} | ${0}
  ${100} | ${30}  | ${29}  | ${-70}  | ${30}
  ${100} | ${30}  | ${30}  | ${30}   | ${130}
  ${100} | ${-30} | ${69}  | ${-30}  | ${70}
  ${7}   | ${0}   | ${20}  | ${14}   | ${21}
`('of $size shifted by $offset: $at is in [$start, $end)', ({ size, offset, at, start, end }) => {
  const window = TumblingWindow.of(size, 1, { offset });
  expect(window.endOf(at)).toBe(end);
  expect(window.endOf(at) - window.sizeMs).toBe(start);
});

test('days of UTC+8 begin at 16:00 UTC', () => {
  const day = TumblingWindow.of(24, HOURS, { offset: -8 * HOURS });
  expect(new Date(day.endOf(Date.UTC(2026, 2, 1, 12))).toISOString()).toBe(
    '2026-03-01T16:00:00.000Z',
  );
});
