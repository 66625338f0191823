import { BadRecordError } from '../errors.ts';
import { opened } from '../schema/envelope.ts';
import type { Decoded } from '../schema/event-decoder.ts';
import { NO_KEY } from '../schema/key.ts';
import type { DeadLetter, DeadLetterReason } from '../sinks/dead-letter-sink.ts';
import type { Output } from '../sinks/sink.ts';
import type { LogRecord } from '../sources/source.ts';
import type { Change } from '../store/store.ts';
import { toEventTime } from '../time/event-time.ts';
import { watermarkAfter } from '../time/watermark.ts';
import type { InputPlan, SourcePlan } from '../topology/plan.ts';
import type { Batch } from './batch.ts';
import type { Cuts } from './cuts.ts';
import { Fold } from './fold.ts';
import { Intake } from './intake.ts';
import type { Lane, Tally } from './lane.ts';
import { relayed } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { isAfter } from './position.ts';
import { Producers } from './producers.ts';
import { processingTimeOf, timeOfRecord } from './record-time.ts';
import type { Rows } from './rows.ts';
import { applySteps, describeError, type Way } from './steps.ts';

type Complaint = Pick<DeadLetter, 'reason' | 'detail'>;

/** What earlier tries of an attempt have found out. */
export interface Learnt {
  readonly rows: Rows;
  readonly cuts: Cuts;
}

/**
 * What one attempt makes of the records of a lane, from where the claim found it: a pure function of
 * the lane, the records, the rows that it looks up and the plan. While rows are missing, it only says
 * which.
 */
export class Attempt {
  readonly fold: Fold;
  readonly letters: DeadLetter[] = [];
  /** Late events, for the pipeline that keeps them. */
  readonly late: DeadLetter[] = [];
  /** What became of the records after the claimed position. */
  readonly tally: { -readonly [Name in keyof Tally]: number };
  /** Of the records that were taken, as they lie in the log. */
  bytes = 0;
  /** Records of which something came late, and is in a result all the same. */
  lateAllowed = 0;
  /** Copies of records that were taken before; they are in no tally. */
  duplicates = 0;
  /** Of the newest record, ms. */
  arrivalTime = 0;
  position: string;
  watermark: number;
  /** The bad record at which the lane waits; nothing from it on was taken. */
  stoppedAt: string | undefined;
  /** What is wrong with it. */
  stoppedBy: DeadLetterReason | undefined;

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
  readonly #intake: Intake;
  readonly #mine: Lane;
  readonly #processingTime: number;
  /** When the batch was gathered, ms. */
  readonly #now: number;
  readonly #way: Way;
  /** What the record at hand has become; it is asked of each of millions, and so is one list. */
  readonly #relayed: unknown[] = [];
  readonly #toRelay = (event: unknown): void => void this.#relayed.push(event);
  readonly #decode: (data: Uint8Array) => Decoded;
  /** Read only where a record bears an envelope. */
  #producers: Producers | undefined;

  constructor(context: StageContext, mine: Lane, batch: Batch, { rows, cuts }: Learnt) {
    const { source, lane, decode } = batch;
    this.#context = context;
    this.#source = context.sources.get(source) as SourcePlan;
    this.#inputs = context.stage.inputs.filter(
      ({ from }) => from.kind === 'stream' && from.name === source,
    );
    this.#lane = lane;
    this.#mine = mine;
    this.#now = batch.now;
    this.#decode = decode;
    this.#way = { rows };
    this.#processingTime = processingTimeOf(batch, mine);
    this.fold = new Fold(context.stage, cuts);
    this.#intake = new Intake(context.stage, rows);
    this.outputs = context.outlets.map(() => []);
    this.tally = { records: 0, filtered: 0, late: 0, deadLetters: 0 };
    this.position = mine.position;
    this.watermark = mine.watermark;
  }

  /** Takes records one after the other; `end`: those before this position. */
  take(records: Iterable<LogRecord>, end?: string): void {
    for (const record of records) {
      if (record.position === end) return;
      // By the claimed position: records that were put together may share one, and all of them count.
      if (!isAfter(record.position, this.#mine.position)) continue;
      const isFirst = record.position !== this.#last;
      this.#index = isFirst ? 0 : this.#index + 1;
      if (isFirst) this.#events = 0;
      this.#last = record.position;
      const sealed = opened(record.data);
      if (sealed !== undefined && this.#producersOf().has(sealed.envelope)) {
        this.duplicates++;
        this.#reach(record);
        continue;
      }
      const before = this.watermark;
      const complaint = this.#process(record, sealed?.event ?? record.data);
      if (complaint && this.#source.onBadRecord === 'stop') {
        this.watermark = before;
        this.stoppedAt = record.position;
        this.stoppedBy = complaint.reason;
        return;
      }
      if (complaint) {
        this.letters.push(this.#letter(record, complaint));
        this.tally.deadLetters++;
      }
      if (sealed !== undefined) this.#producersOf().add(sealed.envelope, record.arrivalTime);
      this.#reach(record);
      this.bytes += record.data.length;
      this.tally.records++;
    }
  }

  /** There was a record that the lane has not dealt with before. */
  get hasTaken(): boolean {
    return this.tally.records + this.duplicates > 0;
  }

  /** What the lane is to become. */
  commitment(): NonNullable<Change['set']> {
    const { tally: before } = this.#mine;
    const { tally: now, position, watermark } = this;
    return {
      position,
      watermark,
      ...(watermark > this.#mine.watermark && { movedAt: this.#now }),
      records: before.records + now.records,
      filtered: before.filtered + now.filtered,
      late: before.late + now.late,
      deadLetters: before.deadLetters + now.deadLetters,
      ...(this.duplicates > 0 && { duplicates: this.#mine.duplicates + this.duplicates }),
      ...(this.#producers && { producers: this.#producers.texts(this.arrivalTime) }),
    };
  }

  #producersOf(): Producers {
    this.#producers ??= Producers.parse(this.#mine.producers);
    return this.#producers;
  }

  #reach({ position, arrivalTime }: LogRecord): void {
    if (isAfter(position, this.position)) this.position = position;
    if (arrivalTime > this.arrivalTime) this.arrivalTime = arrivalTime;
  }

  /** `event`: what is to be decoded of it. */
  #process(record: LogRecord, event: Uint8Array): Complaint | undefined {
    const source = this.#source;
    const decoded = this.#decode(event);
    if (!decoded.ok) return decoded;
    try {
      const eventTime = toEventTime(
        timeOfRecord(source, decoded.event, record, this.#processingTime),
      );
      if (eventTime === undefined) return complaint('TIMESTAMP', 'the event has no usable time');
      const ahead = eventTime - record.arrivalTime;
      if (ahead > source.maxFutureSkewMs && source.timestamp !== 'processing') {
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
    if (this.#context.stage.buckets === 0) return this.#relay(decoded, eventTime, record);
    const intake = this.#intake;
    intake.begin(eventTime, watermark);
    for (const input of this.#inputs) intake.add(input, decoded);
    if (intake.lacksKey) return complaint('KEY', NO_KEY);
    if (intake.count > 0) {
      const { position } = record;
      intake.foldInto(this.fold, { lane: this.#mine.lane, position, index: this.#events });
      this.#events += intake.count;
      if (intake.allowed > 0) this.lateAllowed++;
    } else if (intake.late > 0) this.#tooLate(eventTime, watermark, record);
    else this.tally.filtered++;
    return undefined;
  }

  /** Of a stage without keys. All that a record becomes is told, or nothing is. */
  #relay(decoded: unknown, eventTime: number, { position }: LogRecord): undefined {
    const events = this.#relayed;
    events.length = 0;
    for (const { steps } of this.#inputs) applySteps(steps, decoded, this.#toRelay, this.#way);
    if (events.length === 0) this.tally.filtered++;
    const { lane } = this.#mine;
    for (let n = 0; n < events.length; n++) {
      const origin = { lane, position, index: this.#events + n };
      events[n] = relayed(this.#context.stage.name, origin, eventTime, events[n]);
    }
    this.#events += events.length;
    for (const outputs of this.outputs) {
      for (let n = 0; n < events.length; n++) outputs.push(events[n] as Output);
    }
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

const complaint = (reason: DeadLetterReason, detail: string): Complaint => ({ reason, detail });
