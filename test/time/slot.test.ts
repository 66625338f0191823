import { expect, test } from 'vitest';
import {
  closedThrough,
  firstOpen,
  isClosed,
  parseSlotText,
  slotText,
} from '../../src/time/slot.ts';
import { MAX_TIME, MIN_TIME, watermarkAfter } from '../../src/time/watermark.ts';
import fc from '../support/fast-check.ts';

test.each`
  slot   | watermark | closed
  ${100} | ${98}     | ${false}
  ${100} | ${99}     | ${true}
  ${100} | ${100}    | ${true}
  ${0}   | ${-1}     | ${true}
  ${0}   | ${-2}     | ${false}
  ${-50} | ${-51}    | ${true}
`('slot $slot at watermark $watermark is closed: $closed', ({ slot, watermark, closed }) => {
  expect(isClosed(slot, watermark)).toBe(closed);
});

test.each`
  watermark | resolution | through | open
  ${98}     | ${100}     | ${0}    | ${100}
  ${99}     | ${100}     | ${100}  | ${200}
  ${100}    | ${100}     | ${100}  | ${200}
  ${-1}     | ${100}     | ${0}    | ${100}
  ${-2}     | ${100}     | ${-100} | ${0}
`(
  'at watermark $watermark slots of $resolution are closed through $through, $open is the first open one',
  ({ watermark, resolution, through, open }) => {
    expect(closedThrough(watermark, resolution)).toBe(through);
    expect(firstOpen(watermark, resolution)).toBe(open);
  },
);

const slots = fc.integer({ min: MIN_TIME, max: MAX_TIME });

test('slots sort as text as they do as numbers, and can be read back', () => {
  fc.assert(
    fc.property(slots, slots, (a, b) => {
      expect(Math.sign(a - b)).toBe(
        slotText(a) < slotText(b) ? -1 : slotText(a) > slotText(b) ? 1 : 0,
      );
      expect(parseSlotText(slotText(a))).toBe(a);
    }),
  );
});

test('a slot of an everyday time reads as that time', () => {
  expect(slotText(1_431_857_100_000)).toBe('p0001431857100000');
});

test.each`
  watermark   | eventTime | outOfOrderness | after
  ${MIN_TIME} | ${1000}   | ${0}           | ${999}
  ${999}      | ${1000}   | ${0}           | ${999}
  ${500}      | ${1000}   | ${100}         | ${899}
  ${950}      | ${1000}   | ${100}         | ${950}
`(
  'watermark $watermark is $after after an event at $eventTime',
  ({ watermark, eventTime, outOfOrderness, after }) => {
    expect(watermarkAfter(watermark, eventTime, outOfOrderness)).toBe(after);
  },
);
