import {
  HoppingWindow,
  SECONDS,
  SessionWindow,
  SlidingWindow,
  TumblingWindow,
  type WindowKind,
} from '../../src/index.ts';

/** Of fixed places in time: with offsets, and with advances that do not divide the size. */
export const ALIGNED_WINDOWS = [
  TumblingWindow.of(3, SECONDS),
  TumblingWindow.of(10, SECONDS, { offset: 4 * SECONDS }),
  HoppingWindow.of(9, SECONDS).every(3, SECONDS),
  HoppingWindow.of(10, SECONDS).every(4, SECONDS),
  TumblingWindow.of(10, SECONDS, { offset: 1 }),
  HoppingWindow.of(5, SECONDS).every(3_001),
];

/** Those that can be told anew. */
export const REVISABLE_WINDOWS: readonly WindowKind[] = [
  ...ALIGNED_WINDOWS,
  SessionWindow.withGap(2, SECONDS),
  SessionWindow.withGap(7, SECONDS),
];

/** Of every kind that there is. */
export const WINDOWS: readonly WindowKind[] = [
  ...REVISABLE_WINDOWS,
  SlidingWindow.of(4, SECONDS),
  SlidingWindow.ofTimeDifference(3, SECONDS),
];
