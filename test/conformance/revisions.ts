import { line } from './compare.ts';
import { type Bounds, numberIn, type Update, type Vector } from './vector.ts';

/** A result, and by which rise of the watermark it was out. */
export interface Told {
  /** The input that raised it; Infinity: the end. */
  readonly rise: number;
  readonly key: string;
  readonly window: Bounds;
  readonly value: unknown;
}

/**
 * The engines fire again at once for each late event, we when the watermark moves on. So what can be
 * compared is what each window says whenever the watermark has risen, where that is new.
 */
export function news(told: readonly Told[]): Told[] {
  const known = new Map<string, unknown>();
  const last = new Map<string, Told>();
  for (const one of told) last.set(`${one.rise} ${nameOf(one)}`, one);
  return [...last.values()]
    .sort((a, b) => a.rise - b.rise)
    .filter((one) => {
      const isNew =
        line('', one.window, known.get(nameOf(one))) !== line('', one.window, one.value);
      known.set(nameOf(one), one.value);
      return isNew;
    });
}

/** What an engine told, at the rises of the watermark; of discarded panes the totals. */
export function toldBy(vector: Vector, aggregate: string): Told[] {
  const panes = vector.expected.updates.filter(({ value }) => value !== null);
  const told = panes.map((update) => toldAs(vector, update, aggregate));
  const isDiscarding = vector.params.accumulation === 'discarding';
  const whole = isDiscarding ? totals(told, aggregate) : told;
  // Early panes come by count or by processing time; they only matter for the totals.
  return whole.filter((_, n) => panes[n]?.timing !== 'EARLY');
}

/** The last that was told of each window. */
export function lastOf(told: readonly Told[]): Told[] {
  return [...new Map(told.map((one) => [nameOf(one), one])).values()];
}

/**
 * Sessions of the engines are not retracted when they become part of another one, which holds
 * everything that they held: it stands for them.
 */
export const isReplaced = <T extends Pick<Told, 'key' | 'window'>>(
  one: T,
  all: readonly T[],
): boolean =>
  all.some(
    ({ key, window }) =>
      key === one.key &&
      window.start <= one.window.start &&
      window.end >= one.window.end &&
      window.end - window.start > one.window.end - one.window.start,
  );

export const toldLine = ({ rise, key, window, value }: Told): string =>
  `${rise}: ${line(key, window, value)}`;

const nameOf = ({ key, window }: Told): string => line(key, window, '');

function toldAs(vector: Vector, update: Update, aggregate: string): Told {
  const { key } = update;
  const window = update.window as Bounds;
  const value = update.value ?? update[aggregate];
  return { rise: riseAfter(vector, causeOf(vector, update, window)), key, window, value };
}

/** Beam does not say which input caused a pane: its timing and its elements do. */
function causeOf({ inputs }: Vector, update: Update, window: Bounds): number {
  if (update.after !== undefined) return update.after;
  const newest = Math.max(-1, ...((update.elements as readonly number[] | undefined) ?? []));
  if (update.timing !== 'ON_TIME') return newest;
  const reached = inputs.find(
    ({ type, ts = 0 }) => type === 'end' || (type === 'watermark' && ts >= window.end),
  );
  return Math.max(newest, reached?.i ?? Infinity);
}

/** The first input from this one on that raises the watermark. */
function riseAfter({ inputs }: Vector, cause: number): number {
  let watermark = -Infinity;
  for (const { type, i, ts = 0 } of inputs) {
    const to = type === 'end' ? Infinity : type === 'watermark' ? ts : -Infinity;
    if (to <= watermark) continue;
    watermark = to;
    if (i >= cause) return i;
  }
  return Infinity;
}

/** Discarded panes hold what is new; together they hold what an accumulated one does. */
function totals(told: readonly Told[], aggregate: string): Told[] {
  const sums = new Map<string, unknown>();
  return told.map((one) => {
    const before = sums.get(nameOf(one));
    const value = before === undefined ? one.value : combined(aggregate, before, one.value);
    sums.set(nameOf(one), value);
    return { ...one, value };
  });
}

function combined(aggregate: string, a: unknown, b: unknown): unknown {
  if (aggregate === 'min') return Math.min(Number(a), Number(b));
  if (aggregate === 'max') return Math.max(Number(a), Number(b));
  return aggregate === 'reduce' ? `${a}|${b}` : Number(a) + Number(b);
}

export const latenessOf = ({ params }: Vector): number => numberIn(params, 'allowedLateness') ?? 0;
