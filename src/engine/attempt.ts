import { BadRecordError } from '../errors.ts';
import type { Decoded } from '../schema/event-decoder.ts';
import type { DeadLetter, DeadLetterReason } from '../sinks/dead-letter-sink.ts';
import type { Output } from '../sinks/sink.ts';
import type { LogRecord } from '../sources/source.ts';
import type { Change } from '../store/store.ts';
import { toEventTime } from '../time/event-time.ts';
import { watermarkAfter } from '../time/watermark.ts';
import type { InputPlan, SourcePlan } from '../topology/plan.ts';
import type { Batch } from './batch.ts';
import { Fold } from './fold.ts';
import { fileUnder } from './judge.ts';
import type { Lane, Tally } from './lane.ts';
import { relayed } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { isAfter } from './position.ts';
import { applySteps, atOnce, describeError, NO_KEY, toKey } from './steps.ts';

type Complaint = Pick<DeadLetter, 'reason' | 'detail'>;

/**
 * What one attempt makes of the records of a lane, from where the claim found it: a pure function of
 * the lane, the records and the plan.
 */
export class Attempt {
  readonly fold: Fold;
  readonly letters: DeadLetter[] = [];
  /** Late events, for the pipeline that keeps them. */
  readonly late: DeadLetter[] = [];
  /** What became of the records after the claimed position. */
  readonly tally: { -readonly [Name in keyof Tally]: number };
  position: string;
  watermark: number;
  /** The bad record at which the lane waits; nothing from it on was taken. */
  stoppedAt: string | undefined;

  /** Of a stage without keys: what goes to each outlet. */
  readonly outputs: Output[][];

  readonly #context: StageContext;
  readonly #source: SourcePlan;
  readonly #inputs: readonly InputPlan[];
  /** As the source calls it. */
  readonly #lane: string;
  /** The record before, and which one of its position this one is. */
  #last = '';
  #index = 0;
  /** How many events of this position there were before. */
  #events = 0;
  /** What the stateless operators have made of a record. */
  #derived: unknown[] = [];
  readonly #derive = (event: unknown): void => {
    this.#derived.push(event);
  };
  readonly #mine: Lane;
  readonly #decode: (data: Uint8Array) => Decoded;

  constructor(context: StageContext, mine: Lane, { source, lane, decode }: Batch) {
    this.#context = context;
    this.#source = context.sources.get(source) as SourcePlan;
    this.#inputs = context.stage.inputs.filter(
      ({ from }) => from.kind === 'stream' && from.name === source,
    );
    this.#lane = lane;
    this.#mine = mine;
    this.#decode = decode;
    this.fold = new Fold(context.stage);
    this.outputs = context.outlets.map(() => []);
    this.tally = { records: 0, filtered: 0, late: 0, deadLetters: 0 };
    this.position = mine.position;
    this.watermark = mine.watermark;
  }

  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      // By the claimed position: records that were put together may share one, and all of them count.
      if (!isAfter(record.position, this.#mine.position)) continue;
      const isFirst = record.position !== this.#last;
      this.#index = isFirst ? 0 : this.#index + 1;
      if (isFirst) this.#events = 0;
      this.#last = record.position;
      const before = this.watermark;
      const complaint = this.#process(record);
      if (complaint && this.#source.onBadRecord === 'stop') {
        this.watermark = before;
        this.stoppedAt = record.position;
        return;
      }
      if (complaint) {
        this.letters.push(this.#letter(record, complaint));
        this.tally.deadLetters++;
      }
      if (isAfter(record.position, this.position)) this.position = record.position;
      this.tally.records++;
    }
  }

  /** What the lane is to become. */
  commitment(): NonNullable<Change['set']> {
    const { tally: before } = this.#mine;
    const { tally: now, position, watermark } = this;
    return {
      position,
      watermark,
      records: before.records + now.records,
      filtered: before.filtered + now.filtered,
      late: before.late + now.late,
      deadLetters: before.deadLetters + now.deadLetters,
    };
  }

  #process(record: LogRecord): Complaint | undefined {
    const source = this.#source;
    const decoded = this.#decode(record.data);
    if (!decoded.ok) return decoded;
    try {
      const eventTime = toEventTime(atOnce(source.timestamp(decoded.event as never)));
      if (eventTime === undefined) return complaint('TIMESTAMP', 'the event has no usable time');
      const ahead = eventTime - record.arrivalTime;
      if (ahead > source.maxFutureSkewMs) {
        return complaint('FUTURE', `the event claims to happen ${ahead} ms after its arrival`);
      }
      const before = this.watermark;
      this.watermark = watermarkAfter(before, eventTime, source.outOfOrdernessMs);
      return this.#contribute(decoded.event, eventTime, before, record);
    } catch (error) {
      return error instanceof BadRecordError
        ? complaint('VALUE', error.message)
        : complaint('FUNCTION', `a function of the pipeline threw ${describeError(error)}`);
    }
  }

  /** All events of a record are taken, or none is: what is bad about one is said of the record. */
  #contribute(
    decoded: unknown,
    eventTime: number,
    watermark: number,
    record: LogRecord,
  ): Complaint | undefined {
    const taken: Taken[] = [];
    let late = 0;
    for (const input of this.#inputs) {
      this.#derived.length = 0;
      applySteps(input.steps, decoded, this.#derive);
      if (this.#derived.length === 0) continue;
      const slot = fileUnder(this.#context.stage, eventTime, watermark, input.side);
      for (const event of this.#derived) {
        if (this.#context.stage.buckets === 0) taken.push({ event, slot: 0, key: '', side: 0 });
        else {
          const key = toKey(atOnce(input.key(event as never)));
          if (key === undefined) return complaint('KEY', NO_KEY);
          if (slot === undefined) late++;
          else taken.push({ event, slot, key, side: input.side });
        }
      }
    }
    for (const one of taken) this.#take(one, eventTime, record);
    if (taken.length > 0) return undefined;
    if (late === 0) this.tally.filtered++;
    else this.#tooLate(eventTime, watermark, record);
    return undefined;
  }

  #take({ event, slot, key, side }: Taken, eventTime: number, { position }: LogRecord): void {
    const index = this.#events++;
    const { stage } = this.#context;
    if (stage.buckets > 0) {
      const origin = { lane: this.#mine.lane, position, index };
      this.fold.add(slot, key, event, eventTime, origin, side);
      return;
    }
    const output = relayed(
      stage.name,
      { lane: this.#mine.lane, position, index },
      eventTime,
      event,
    );
    for (const outputs of this.outputs) outputs.push(output);
  }

  #tooLate(eventTime: number, watermark: number, record: LogRecord): void {
    this.tally.late++;
    if (this.#context.lateEvents === undefined) return;
    const detail = `all that the event at ${eventTime} belongs to is closed at ${watermark}`;
    this.late.push(this.#letter(record, complaint('LATE', detail)));
  }

  #letter(record: LogRecord, { reason, detail }: Complaint): DeadLetter {
    const from = { source: this.#source.name, lane: this.#lane, index: this.#index };
    return { ...from, ...record, reason, detail };
  }
}

/** An event that a stage takes, and where. */
interface Taken {
  readonly event: unknown;
  readonly slot: number;
  readonly key: string;
  readonly side: number;
}

const complaint = (reason: DeadLetterReason, detail: string): Complaint => ({ reason, detail });
