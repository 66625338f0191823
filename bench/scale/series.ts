import { MINUTES, SECONDS } from 'tidemark';
import type { Load } from './load.ts';

/** One thing that grows, all else being the same. */
export interface Series {
  readonly name: string;
  readonly what: string;
  readonly points: readonly Point[];
  /** The point that all are compared with: the smallest that fixed costs do not dominate. */
  readonly reference: number;
}

export interface Point {
  /** How much there is of what grows. */
  readonly size: number | string;
  readonly load: Load;
}

const BASE: Load = {
  events: 1_000_000,
  keys: 1_000,
  lanes: 1,
  batch: 1_000,
  windowMs: 5 * MINUTES,
  spreadMs: 5 * SECONDS,
  hotShare: 0,
};

/** A series over sizes, each of which says what is other than in all of them. */
function series<Size extends number | string>(
  name: string,
  what: string,
  { sizes, reference = 0 }: { readonly sizes: readonly Size[]; readonly reference?: number },
  change: (size: Size) => Partial<Load>,
): Series {
  const points = sizes.map((size) => ({ size, load: { ...BASE, ...change(size) } }));
  return { name, what, points, reference };
}

/** `isFull`: with ten million events, which take minutes. */
export const allSeries = (isFull: boolean): readonly Series[] => [
  series(
    'events',
    'of 1,000 keys',
    { sizes: [1e4, 1e5, 1e6, ...(isFull ? [1e7] : [])], reference: 2 },
    (events) => ({ events }),
  ),
  series('keys', 'of a million events', { sizes: [1e2, 1e3, 1e4, 1e5, 1e6] }, (keys) => ({ keys })),
  series('lanes', 'of a million events, 100 a batch', { sizes: [1, 10, 100, 1_000] }, (lanes) => ({
    lanes,
    batch: 100,
  })),
  series(
    'windows',
    'of a second that are open together, of 300,000 events',
    { sizes: [1, 10, 100, 1_000, 10_000] },
    (open) => ({ events: 300_000, windowMs: SECONDS, spreadMs: open * SECONDS }),
  ),
  series(
    'hot key',
    'has nine events in ten, of a million',
    { sizes: ['uniform', 'hot'] },
    (kind) => ({
      hotShare: kind === 'hot' ? 0.9 : 0,
    }),
  ),
];
