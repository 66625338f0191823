import { type Result, shapeOf, timeOf } from '../operators/operator.ts';
import { NO_KEY } from '../schema/key.ts';
import type { DeadLetter } from '../sinks/dead-letter-sink.ts';
import type { Item } from '../store/store.ts';
import { slotText } from '../time/slot.ts';
import type { InputPlan } from '../topology/plan.ts';
import { Cuts } from './cuts.ts';
import { Fold } from './fold.ts';
import { Intake } from './intake.ts';
import { type At, eventOf, type Told, takenBack } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { type Complaint, complaintOf, laneOf, letterOf, positionOf } from './refused.ts';
import { type Segments, segmentsOf } from './segments.ts';
import { toldBefore } from './told.ts';

/** What a firing has for the stages that read it: segments, and results that they cannot take. */
export interface Onward {
  readonly items: readonly Item[];
  readonly letters: readonly DeadLetter[];
}

export const NOTHING: Onward = { items: [], letters: [] };

export const both = (a: Onward, b: Onward): Onward => ({
  items: [...a.items, ...b.items],
  letters: [...a.letters, ...b.letters],
});

/** What a chunk of keys tells in a slot, as contributions to the stages that read it. */
export function onward(context: StageContext, at: At, told: readonly Told[]): Onward {
  return context.after.map((next) => handed(context, next, at, told)).reduce(both, NOTHING);
}

/** Again, cut finer, until all of it can be stored: the same at every firing. */
function handed(context: StageContext, next: StageContext, at: At, told: readonly Told[]): Onward {
  for (let cuts = Cuts.NONE; ; ) {
    const { items, tooLarge, letters } = new Hand(context, { next, cuts }, at).over(told);
    if (tooLarge.length === 0) return { items, letters };
    cuts = cuts.and(tooLarge);
  }
}

/** A stage that reads on, and how what it is handed is cut. */
interface Reader {
  readonly next: StageContext;
  readonly cuts: Cuts;
}

/**
 * Hands the results of one chunk to one stage. The bucket is a lane of that stage, and the chunk of the
 * slot is its attempt: a firing that comes again writes the same segments under the same names.
 */
class Hand {
  readonly #context: StageContext;
  readonly #next: StageContext;
  readonly #at: At;
  readonly #fold: Fold;
  readonly #letters: DeadLetter[] = [];
  readonly #intake: Intake;
  /** At which its results are judged. */
  readonly #watermark: number;
  /** The bucket, in this slot. */
  readonly #lane: string;
  readonly #position: string;
  #index = 0;

  constructor(context: StageContext, { next, cuts }: Reader, at: At) {
    this.#context = context;
    this.#next = next;
    this.#at = at;
    this.#fold = new Fold(next.stage, cuts);
    this.#intake = new Intake(next.stage);
    this.#watermark = toldBefore(context, at.slot);
    this.#lane = laneOf(at);
    this.#position = positionOf(at);
  }

  over(told: readonly Told[]): Onward & Segments {
    const { stage } = this.#context;
    const inputs = this.#next.stage.inputs.filter(
      ({ from }) => from.kind === 'stage' && from.name === stage.name,
    );
    for (const [key, results] of told) {
      for (const result of results) {
        for (const input of inputs)
          if (result.tag === input.from.tag && !(result.repeats && input.takesBack))
            this.#add(input, key, result);
      }
    }
    const attempt = { lane: `${this.#lane}@${slotText(this.#at.slot)}`, epoch: this.#at.chunk };
    return { ...segmentsOf(this.#next, attempt, this.#fold), letters: this.#letters };
  }

  /** What cannot be taken is set aside; the old row of a change is taken back all the same. */
  #add(input: InputPlan, key: string, result: Result): void {
    const { name } = this.#next.stage;
    const index = this.#index;
    const complaint = this.#take(input, key, result);
    if (complaint !== undefined) {
      const refused = { reader: name, index, key, result, complaint };
      this.#letters.push(letterOf(this.#context, this.#at, refused));
      const rest = input.takesBack ? takenBack(result) : undefined;
      if (rest !== undefined) this.#take(input, key, rest);
    }
    this.#index += Math.max(1, this.#intake.count);
  }

  /** All that a result makes of itself is taken, or nothing is, with what is wrong about it. */
  #take(input: InputPlan, key: string, result: Result): Complaint | undefined {
    const intake = this.#intake;
    try {
      intake.begin(takesEffect(result, this.#at.slot, this.#watermark), this.#watermark);
      const shape = shapeOf(this.#context.stage.operator, result.tag);
      intake.add(input, eventOf(shape, key, result));
      if (intake.lacksKey) return { reason: 'KEY', detail: NO_KEY };
      const origin = { lane: this.#lane, position: this.#position, index: this.#index };
      intake.foldInto(this.#fold, origin);
      if (intake.late > 0) return { reason: 'LATE', detail: `at ${this.#watermark}` };
    } catch (error) {
      return complaintOf(error);
    }
    return undefined;
  }
}

/**
 * When a result takes effect for whoever reads on: when it happened. One that is told early, or anew
 * after its time, does so when it is told, or it would lie unread until its window closes, or be late.
 */
function takesEffect(result: Result, slot: number, watermark: number): number {
  const time = timeOf(result);
  return result.final ? time : Math.min(Math.max(time, watermark + 1), slot - 1);
}
