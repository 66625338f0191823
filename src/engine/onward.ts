import { BadRecordError } from '../errors.ts';
import { type Result, shapeOf, timeOf } from '../operators/operator.ts';
import { NO_KEY } from '../schema/key.ts';
import type { DeadLetter, DeadLetterReason } from '../sinks/dead-letter-sink.ts';
import type { Item } from '../store/store.ts';
import { slotText } from '../time/slot.ts';
import type { InputPlan } from '../topology/plan.ts';
import { Fold } from './fold.ts';
import { Intake } from './intake.ts';
import { type At, eventOf, type Told } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { segmentItems } from './segments.ts';
import { describeError } from './steps.ts';
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
  return context.after.map((next) => new Hand(context, next, at).over(told)).reduce(both, NOTHING);
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

  constructor(context: StageContext, next: StageContext, at: At) {
    this.#context = context;
    this.#next = next;
    this.#at = at;
    this.#fold = new Fold(next.stage);
    this.#intake = new Intake(next.stage);
    this.#watermark = toldBefore(context, at.slot);
    this.#lane = `${at.stage}@${at.bucket}`;
    this.#position = `${slotText(at.slot)}#${String(at.chunk).padStart(6, '0')}`;
  }

  over(told: readonly Told[]): Onward {
    const { stage } = this.#context;
    const inputs = this.#next.stage.inputs.filter(
      ({ from }) => from.kind === 'stage' && from.name === stage.name,
    );
    for (const [key, results] of told) {
      for (const result of results) {
        for (const input of inputs)
          if (result.tag === input.from.tag) this.#add(input, key, result);
      }
    }
    const attempt = { lane: `${this.#lane}@${slotText(this.#at.slot)}`, epoch: this.#at.chunk };
    return { items: segmentItems(this.#next, attempt, this.#fold), letters: this.#letters };
  }

  /** All that a result makes of itself is taken, or nothing is. */
  #add(input: InputPlan, key: string, result: Result): void {
    const intake = this.#intake;
    const index = this.#index;
    try {
      intake.begin(takesEffect(result, this.#at.slot, this.#watermark), this.#watermark);
      const shape = shapeOf(this.#context.stage.operator, result.tag);
      intake.add(input, eventOf(shape, key, result));
      if (intake.lacksKey) this.#refuse(result, key, index, 'KEY', NO_KEY);
      else {
        const origin = { lane: this.#lane, position: this.#position, index };
        intake.foldInto(this.#fold, origin);
        if (intake.late > 0) this.#refuse(result, key, index, 'LATE', `at ${this.#watermark}`);
      }
    } catch (error) {
      if (error instanceof BadRecordError) this.#refuse(result, key, index, 'VALUE', error.message);
      else {
        const detail = `a function of the pipeline threw ${describeError(error)}`;
        this.#refuse(result, key, index, 'FUNCTION', detail);
      }
    }
    this.#index += Math.max(1, intake.count);
  }

  /** A result is to its stage what a record is to a stream. */
  #refuse(
    result: Result,
    key: string,
    index: number,
    reason: DeadLetterReason,
    detail: string,
  ): void {
    // Another stage that reads it may refuse other results.
    const lane = `${this.#lane}>${this.#next.stage.name}`;
    const from = { source: this.#context.stage.name, lane, position: this.#position };
    const data = Buffer.from(JSON.stringify({ key, ...result }));
    const arrivalTime = this.#context.clock();
    this.#letters.push({ ...from, index, data, arrivalTime, reason, detail });
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
