import { DAYS, HOURS, MINUTES, SECONDS } from '../../time/duration.ts';

/** What is tried, ms. */
export const SETTINGS: readonly number[] = [
  ...[0, 1, 2, 5, 10, 20, 30].map((n) => n * SECONDS),
  ...[1, 2, 5, 10, 20, 30].map((n) => n * MINUTES),
  ...[1, 2, 6, 12].map((n) => n * HOURS),
  ...[1, 2, 7].map((n) => n * DAYS),
];

/** How many events would have been late at each setting. */
export interface LatenessCurve {
  readonly events: number;
  /** Events that were left out, because their clock was ahead of all others'. */
  readonly ahead: number;
  /** Time of the earliest and of the newest event, ms. */
  readonly from: number;
  readonly to: number;
  /** How far behind the newest before it an event came at most, ms: at this setting none is late. */
  readonly greatest: number;
  readonly late: readonly { readonly outOfOrderness: number; readonly late: number }[];
}

export interface CurveOptions {
  /** Length of a tumbling window, ms: an event is late when its window is closed. 0: when it is behind the watermark. */
  readonly window: number;
  /** Further ahead of the newest than this, ms, an event counts only if the next one of its lane is there too. */
  readonly jump: number;
}

interface Lane {
  newest: number;
  /** The time of an event that was far ahead, until the next one says whether it was right. */
  doubtful: number | undefined;
}

/** Takes events in the order of their arrival, and says at the end how late they were. */
export class LatenessCounter {
  readonly #options: CurveOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #late = SETTINGS.map(() => 0);
  #events = 0;
  #ahead = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #greatest = 0;

  constructor(options: CurveOptions) {
    this.#options = options;
  }

  get lanes(): number {
    return this.#lanes.size;
  }

  add(time: number, laneName = ''): void {
    const lane = this.#lanes.get(laneName);
    if (lane === undefined) {
      this.#lanes.set(laneName, { newest: time, doubtful: undefined });
      this.#count(time, time);
      return;
    }
    const { doubtful } = lane;
    lane.doubtful = undefined;
    if (doubtful !== undefined) this.#decide(lane, doubtful, time);
    if (time - lane.newest > this.#options.jump) lane.doubtful = time;
    else this.#take(lane, time);
  }

  curve(): LatenessCurve {
    for (const lane of this.#lanes.values()) {
      if (lane.doubtful !== undefined) this.#ahead++;
      lane.doubtful = undefined;
    }
    return {
      events: this.#events,
      ahead: this.#ahead,
      from: this.#from,
      to: this.#to,
      greatest: this.#greatest,
      late: SETTINGS.map((outOfOrderness, i) => ({ outOfOrderness, late: this.#late[i] ?? 0 })),
    };
  }

  /** A pause of the stream looks like a clock that is ahead, until the next event has the new time too. */
  #decide(lane: Lane, doubtful: number, next: number): void {
    if (Math.abs(doubtful - next) <= this.#options.jump) this.#take(lane, doubtful);
    else this.#ahead++;
  }

  #take(lane: Lane, time: number): void {
    this.#count(time, lane.newest);
    lane.newest = Math.max(lane.newest, time);
  }

  #count(time: number, newest: number): void {
    this.#events++;
    this.#from = Math.min(this.#from, time);
    this.#to = Math.max(this.#to, time);
    this.#greatest = Math.max(this.#greatest, newest - time);
    for (const [i, outOfOrderness] of SETTINGS.entries()) {
      if (!this.#isLate(time, newest - outOfOrderness)) break;
      this.#late[i] = (this.#late[i] ?? 0) + 1;
    }
  }

  /** `complete`: every event before it has arrived. docs/semantics.md, "One clock", calls it W. */
  #isLate(time: number, complete: number): boolean {
    const { window } = this.#options;
    if (window === 0) return time < complete;
    return (Math.floor(time / window) + 1) * window <= complete;
  }
}

/** The smallest setting at which at most this share is late; `undefined`: none that was tried. */
export const suggested = ({ late, events }: LatenessCurve, target: number): number | undefined =>
  late.find((one) => one.late <= events * target)?.outOfOrderness;
