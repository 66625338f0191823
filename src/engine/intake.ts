import type { Origin } from '../operators/operator.ts';
import { toKey } from '../schema/key.ts';
import { atOnce } from '../topology/at-once.ts';
import type { InputPlan, StagePlan } from '../topology/plan.ts';
import type { Fold } from './fold.ts';
import { cameLate, fileUnder } from './judge.ts';
import type { Rows } from './rows.ts';
import { applySteps, type Way } from './steps.ts';

/**
 * What one record, or one result of another stage, makes of itself on its way into a stage: any number
 * of events, each judged at the same watermark. All of them are taken, or none is. One intake serves one
 * after the other: it is asked for each of millions, and so allocates nothing for itself.
 */
export class Intake {
  /** How many of the events are late. */
  late = 0;
  /** How many of those that are to be folded came when the slot that they belong to first was closed. */
  allowed = 0;
  /** One of the events has no key that can be one. */
  lacksKey = false;

  readonly #stage: StagePlan;
  readonly #way: Way;
  /** Only the first `#count` of them are of this record. */
  readonly #taken: Taken[] = [];
  #count = 0;
  #input: InputPlan | undefined;
  #eventTime = 0;
  #watermark = 0;

  /** With `rows` its events may look rows up. */
  constructor(stage: StagePlan, rows?: Rows) {
    this.#stage = stage;
    this.#way = rows === undefined ? {} : { rows };
  }

  /** How many events are to be folded. */
  get count(): number {
    return this.#count;
  }

  /** Forgets the record before. */
  begin(eventTime: number, watermark: number): void {
    this.#eventTime = eventTime;
    this.#watermark = watermark;
    this.#count = 0;
    this.late = 0;
    this.allowed = 0;
    this.lacksKey = false;
  }

  /** Takes what comes in by one of the inputs. Throws what the functions of the pipeline throw. */
  add(input: InputPlan, event: unknown): void {
    this.#input = input;
    applySteps(input.steps, event, this.#take, this.#way);
  }

  /** Folds all events, or throws and folds none. They are numbered from the index of `origin` on. */
  foldInto(fold: Fold, origin: Origin): void {
    if (this.#count === 1) this.#foldOne(fold, 0, origin);
    else this.#foldAll(fold, origin);
  }

  /** On their own first: if one cannot be added, nothing has changed. */
  #foldAll(fold: Fold, { lane, position, index }: Origin): void {
    const own = fold.another();
    for (let n = 0; n < this.#count; n++) {
      this.#foldOne(own, n, { lane, position, index: index + n });
    }
    fold.absorb(own);
  }

  #foldOne(fold: Fold, n: number, origin: Origin): void {
    const { slot, key, event, side } = this.#taken[n] as Taken;
    fold.add(slot, key, event, this.#eventTime, origin, side);
  }

  readonly #take = (event: unknown): void => {
    const { key: keyOf, side } = this.#input as InputPlan;
    const key = toKey(atOnce(keyOf(event as never)));
    const slot = fileUnder(this.#stage, this.#eventTime, this.#watermark, side);
    if (key === undefined) this.lacksKey = true;
    else if (slot === undefined) this.late++;
    else this.#keep(event, slot, key, side);
  };

  #keep(event: unknown, slot: number, key: string, side: number): void {
    const place = this.#taken[this.#count];
    if (place === undefined) this.#taken.push({ event, slot, key, side });
    else {
      place.event = event;
      place.slot = slot;
      place.key = key;
      place.side = side;
    }
    this.#count++;
    const isBehind = this.#eventTime <= this.#watermark;
    if (isBehind && cameLate(this.#stage, this.#eventTime, slot, side)) this.allowed++;
  }
}

/** An event that a stage takes, and where. */
interface Taken {
  event: unknown;
  slot: number;
  key: string;
  side: number;
}
