import { element, picture, text } from './svg.ts';

/** Something that happened at a point of the axis, or from one to another. */
export interface Mark {
  readonly from: number;
  readonly to?: number;
  readonly text?: string;
  /** Points are `event`, `late` or `lost`, boxes `result` or `failed`. */
  readonly kind: 'event' | 'late' | 'lost' | 'result' | 'failed';
}

export interface Track {
  readonly label: string;
  readonly marks: readonly Mark[];
}

/** Rows of points and boxes over one axis, such as event time. */
export interface Tracks {
  readonly title: string;
  readonly tracks: readonly Track[];
  /** What led to what: a mark of a track, and one of another. */
  readonly links?: readonly (readonly [Mark, Mark])[];
  readonly from: number;
  readonly to: number;
  readonly every: number;
  readonly tick: (at: number) => string;
}

const WIDTH = 760;
const LEFT = 150;
const RIGHT = 30;
const ROW = 24;
const GAP = 18;

/** Draws them. Boxes of one track that overlap lie below one another. */
export function drawTracks({ title, tracks, links = [], from, to, every, tick }: Tracks): string {
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const placed = new Map<Mark, { x: number; y: number }>();
  const parts: string[] = [];
  let top = 30;
  for (const { label, marks } of tracks) {
    const rows = rowsOf(marks);
    const height = Math.max(1, ...rows.map((row) => row + 1)) * ROW;
    parts.push(text({ x: 10, y: top + ROW / 2 + 4 }, label));
    for (const [i, mark] of marks.entries()) {
      const y = top + (rows[i] ?? 0) * ROW + ROW / 2;
      placed.set(mark, { x: x((mark.from + (mark.to ?? mark.from)) / 2), y });
      parts.push(...drawn(mark, x, y));
    }
    top += height + GAP;
  }
  const grid = ticks(from, to, every).map((at) =>
    [
      element('line', { class: 'axis', x1: x(at), x2: x(at), y1: 22, y2: top }),
      text({ class: 'small', x: x(at), y: 14, 'text-anchor': 'middle' }, tick(at)),
    ].join('\n'),
  );
  const lines = links.map(([one, other]) => linked(placed.get(one), placed.get(other)));
  return picture({ width: WIDTH, height: top + 6, title }, [...grid, ...lines, ...parts]);
}

function drawn(mark: Mark, x: (at: number) => number, y: number): string[] {
  const { from, to, kind, text: label = '' } = mark;
  if (to === undefined) {
    const beside = text({ class: 'small', x: x(from) + 8, y: y + 4 }, label);
    return [
      element('circle', { class: kind, cx: x(from), cy: y, r: 5 }),
      ...(label ? [beside] : []),
    ];
  }
  const width = x(to) - x(from);
  return [
    element('rect', { class: kind, x: x(from), y: y - 9, width, height: 18, rx: 3 }),
    text({ x: x(from) + width / 2, y: y + 4, 'text-anchor': 'middle' }, label),
  ];
}

function linked(one: { x: number; y: number } | undefined, other: typeof one): string {
  if (one === undefined || other === undefined) throw new Error('a link leads to no mark');
  const middle = (one.y + other.y) / 2;
  const d = `M${one.x.toFixed(1)} ${one.y} C${one.x.toFixed(1)} ${middle} ${other.x.toFixed(1)} ${middle} ${other.x.toFixed(1)} ${other.y}`;
  return element('path', { class: 'link', d });
}

/** Which row of its track each mark lies in: the first one that is free. */
function rowsOf(marks: readonly Mark[]): number[] {
  const ends: number[] = [];
  return marks.map(({ from, to = from }) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free >= 0 ? free : ends.length;
    ends[row] = to;
    return row;
  });
}

const ticks = (from: number, to: number, every: number): number[] =>
  Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, i) => from + i * every);
