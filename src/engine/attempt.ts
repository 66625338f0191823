import { BadRecordError } from '../errors.ts';
import type { Decoded } from '../schema/event-decoder.ts';
import type { DeadLetter, DeadLetterReason } from '../sinks/dead-letter-sink.ts';
import type { LogRecord } from '../sources/source.ts';
import type { Change } from '../store/store.ts';
import { toEventTime } from '../time/event-time.ts';
import { watermarkAfter } from '../time/watermark.ts';
import type { Step } from '../topology/plan.ts';
import { Fold } from './fold.ts';
import { fileUnder } from './judge.ts';
import type { Lane, Tally } from './lane.ts';
import type { StageContext } from './ports.ts';
import { isAfter } from './position.ts';

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

  readonly #context: StageContext;
  /** The record before, and which one of its position this one is. */
  #last = '';
  #index = 0;
  readonly #mine: Lane;
  readonly #decode: (data: Uint8Array) => Decoded;

  constructor(context: StageContext, mine: Lane, decode: (data: Uint8Array) => Decoded) {
    this.#context = context;
    this.#mine = mine;
    this.#decode = decode;
    this.fold = new Fold(context.stage);
    this.tally = { records: 0, filtered: 0, late: 0, deadLetters: 0 };
    this.position = mine.position;
    this.watermark = mine.watermark;
  }

  take(records: readonly LogRecord[]): void {
    for (const record of records) {
      // By the claimed position: records that were put together may share one, and all of them count.
      if (!isAfter(record.position, this.#mine.position)) continue;
      this.#index = record.position === this.#last ? this.#index + 1 : 0;
      this.#last = record.position;
      const before = this.watermark;
      const complaint = this.#process(record);
      if (complaint && this.#context.source.onBadRecord === 'stop') {
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
    const { stage, source } = this.#context;
    const decoded = this.#decode(record.data);
    if (!decoded.ok) return decoded;
    try {
      const eventTime = toEventTime(atOnce(source.timestamp(decoded.event as never)));
      if (eventTime === undefined) return complaint('TIMESTAMP', 'the event has no usable time');
      const ahead = eventTime - record.arrivalTime;
      if (ahead > source.maxFutureSkewMs) {
        return complaint('FUTURE', `the event claims to happen ${ahead} ms after its arrival`);
      }
      const slot = fileUnder(stage, eventTime, this.watermark);
      this.watermark = watermarkAfter(this.watermark, eventTime, source.outOfOrdernessMs);
      return this.#contribute(decoded.event, eventTime, slot, record);
    } catch (error) {
      return error instanceof BadRecordError
        ? complaint('VALUE', error.message)
        : complaint('FUNCTION', `a function of the pipeline threw ${describeError(error)}`);
    }
  }

  #contribute(
    input: unknown,
    eventTime: number,
    slot: number | undefined,
    record: LogRecord,
  ): Complaint | undefined {
    const { stage } = this.#context;
    const event = applySteps(stage.steps, input);
    if (event === FILTERED) {
      this.tally.filtered++;
      return undefined;
    }
    const key = toKey(atOnce(stage.key(event as never)));
    if (key === undefined) return complaint('KEY', 'the key is not text of 1 to 1,024 bytes');
    if (slot !== undefined) {
      const origin = { lane: this.#mine.lane, position: record.position, index: this.#index };
      this.fold.add(slot, key, event, eventTime, origin);
      return undefined;
    }
    this.tally.late++;
    if (this.#context.lateEvents !== undefined) {
      const detail = `all that the event at ${eventTime} belongs to is closed at ${this.watermark}`;
      this.late.push(this.#letter(record, complaint('LATE', detail)));
    }
    return undefined;
  }

  #letter(record: LogRecord, { reason, detail }: Complaint): DeadLetter {
    const { source } = this.#context;
    const from = { source: source.name, lane: this.#mine.lane, index: this.#index };
    return { ...from, ...record, reason, detail };
  }
}

const FILTERED = Symbol('filtered');

/** A promise is no answer: it would pass every filter, and what it says comes too late. */
function atOnce<T>(result: T): T {
  if (typeof result !== 'object' || result === null || !('then' in result)) return result;
  Promise.resolve(result).catch(() => undefined);
  throw new TypeError('it is asynchronous, and a stream cannot wait');
}

function applySteps(steps: readonly Step[], input: unknown): unknown {
  let event = input;
  for (const step of steps) {
    const result = atOnce(step.apply(event as never));
    if (step.kind === 'map') event = result;
    else if (!result) return FILTERED;
  }
  return event;
}

/** The most that DynamoDB takes as the sort key of an item, and half of what it takes as partition key. */
const KEY_BYTES_MAX = 1024;

/** The key as text, or `undefined` if it is none: absent, empty, too long, not well-formed, not finite. */
function toKey(key: unknown): string | undefined {
  const text = typeof key === 'number' && Number.isFinite(key) ? String(key) : key;
  if (typeof text !== 'string' || text.length === 0 || text.length > KEY_BYTES_MAX)
    return undefined;
  if (LONE_SURROGATE.test(text)) return undefined;
  const sure = text.length * 3 <= KEY_BYTES_MAX;
  return sure || Buffer.byteLength(text) <= KEY_BYTES_MAX ? text : undefined;
}

/** Half a character: it would not survive UTF-8, and two keys could become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const complaint = (reason: DeadLetterReason, detail: string): Complaint => ({ reason, detail });

const describeError = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no Error';
