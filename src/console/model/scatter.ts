import type { Point, PointKind, WatermarkPoint } from '../snapshot.ts';

const POINTS_KEPT = 1_500;
const WATERMARKS_KEPT = 600;
/** Between two looks at the page no more than these are drawn; what is odd always is. */
const POINTS_A_LOOK = 60;

/** Event time against arrival, in the time of the events: a sample of what was sent, and the watermark. */
export class Scatter {
  readonly #points: { readonly number: number; readonly point: Point }[] = [];
  readonly #watermarks: { readonly number: number; readonly point: WatermarkPoint }[] = [];
  #number = 0;
  #sinceLook = 0;

  sent(arrival: number, eventTime: number, { watermark, byHand }: SentAt): void {
    const kind: PointKind = byHand ? 2 : eventTime <= (watermark ?? -Infinity) ? 1 : 0;
    this.#sinceLook += 1;
    if (kind === 0 && this.#sinceLook > POINTS_A_LOOK) return;
    this.#add(this.#points, [arrival, eventTime, kind], POINTS_KEPT);
  }

  /** The watermark as it stands, with the newest arrival. */
  stands(arrival: number | undefined, watermark: number | undefined): void {
    this.#sinceLook = 0;
    if (arrival === undefined || watermark === undefined) return;
    const last = this.#watermarks.at(-1)?.point;
    if (last?.[0] === arrival && last[1] === watermark) return;
    this.#add(this.#watermarks, [arrival, watermark], WATERMARKS_KEPT);
  }

  /** What came after the number that was told last, and the number to ask with next. */
  since(number: number) {
    const after = <T>(kept: readonly { readonly number: number; readonly point: T }[]): T[] =>
      kept.filter((one) => one.number > number).map(({ point }) => point);
    return {
      number: this.#number,
      points: after(this.#points),
      watermarks: after(this.#watermarks),
    };
  }

  #add<T>(to: { readonly number: number; readonly point: T }[], point: T, most: number): void {
    this.#number += 1;
    to.push({ number: this.#number, point });
    if (to.length > most) to.shift();
  }
}

interface SentAt {
  readonly watermark: number | undefined;
  /** Somebody pressed a button. */
  readonly byHand: boolean;
}
