import { expect, test } from 'vitest';
import { HOURS, TumblingWindow } from '../../src/index.ts';
import { count } from '../../src/operators/aggregates.ts';
import { type AlignedWindows, alignedWindows } from '../../src/operators/aligned-windows.ts';
import type { SlotFiring } from '../../src/operators/operator.ts';

const ORIGIN = { lane: 'a', position: '1', index: 0 };

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
  const operator = alignedWindows(window as AlignedWindows, count());
  expect(operator.lastLook(at, 0)).toBe(end - 1);
  const contribution = operator.add(operator.create(), {}, at, ORIGIN, 0);
  const results = (operator.firing as SlotFiring<unknown>).results([contribution], end, size);
  expect(results).toMatchObject([{ windowStart: start, windowEnd: end, value: 1 }]);
});

test('days of UTC+8 begin at 16:00 UTC', () => {
  const day = TumblingWindow.of(24, HOURS, { offset: -8 * HOURS });
  const { lastLook } = alignedWindows(day as AlignedWindows, count());
  expect(new Date(lastLook(Date.UTC(2026, 2, 1, 12), 0) + 1).toISOString()).toBe(
    '2026-03-01T16:00:00.000Z',
  );
});
