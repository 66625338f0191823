import { TestDriverError } from '../errors.ts';
import { type Decoded, eventDecoder } from '../schema/event-decoder.ts';
import { payloadsOf } from '../sources/aggregated-record.ts';
import { type EventTimeLike, toEventTime } from '../time/event-time.ts';
import { MAX_TIME } from '../time/watermark.ts';
import type { Plan, SourcePlan } from '../topology/plan.ts';
import { instant, type VirtualClock } from './driver-clock.ts';
import type { DriverEngine } from './driver-engine.ts';
import type { DriverLane, DriverLanes } from './driver-lanes.ts';

/** One lane of a stream, to send into. */
export interface LaneHandle {
  /**
   * Puts events into the lane, and has them dealt with: JSON is made of them, but text and bytes go
   * as they are. Returns their numbers.
   */
  send(...events: readonly unknown[]): Promise<readonly number[]>;
  /**
   * Closes to this lane what ends at or before this instant, as if later events had come. A watermark
   * never goes back: an instant that it has passed changes nothing.
   */
  advanceWatermarkTo(time: EventTimeLike): Promise<void>;
  /** From now on what is sent lies unread, as when its function is throttled: it holds the watermark. */
  pause(): Promise<void>;
  /** Reads what has been left unread. */
  resume(): Promise<void>;
}

/** A stream, to send into: as a lane, the first one, where no lane is named. */
export interface StreamHandle extends Omit<LaneHandle, 'pause' | 'resume'> {
  /** A lane by its number, from 0. */
  lane(number: number): LaneHandle;
}

interface Parts {
  readonly lanes: DriverLanes;
  readonly running: DriverEngine;
  readonly clock: VirtualClock;
  readonly batchSize: number;
}

/** What a test puts in, one step after the other. */
export class DriverInput {
  readonly #parts: Parts;
  readonly #sources: ReadonlyMap<string, SourcePlan>;
  readonly #decoders: ReadonlyMap<string, (data: Uint8Array) => Decoded>;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(plan: Plan, parts: Parts) {
    this.#parts = parts;
    this.#sources = new Map(plan.sources.map((source) => [source.name, source]));
    this.#decoders = new Map(plan.sources.map(({ name, schema }) => [name, eventDecoder(schema)]));
  }

  stream(name: string | undefined): StreamHandle {
    const lanes = this.#parts.lanes.ofStream(name);
    const lane = (number: number): LaneHandle => this.#handle(laneOf(lanes, number));
    return {
      send: (...events) => lane(0).send(...events),
      advanceWatermarkTo: async (time) => this.raise(lanes, instant(time)),
      lane,
    };
  }

  raise(lanes: readonly DriverLane[], watermark: number): Promise<void> {
    return this.inTurn(async () => {
      for (const lane of lanes) await this.#parts.running.raise(lane, watermark);
    });
  }

  end(): Promise<void> {
    this.#ended = true;
    const { lanes, running } = this.#parts;
    return this.inTurn(async () => {
      for (const lane of lanes.all) await this.#resume(lane);
      const stuck = lanes.all.find((lane) => lane.waitsAt);
      if (stuck) throw waits(stuck);
      for (const lane of lanes.all) await running.raise(lane, MAX_TIME);
    });
  }

  /** One step at a time, also where a test forgets to wait. A step that fails does not keep the next from happening. */
  inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #handle(lane: DriverLane): LaneHandle {
    return {
      send: async (...events) => {
        if (this.#ended) throw afterEnd();
        return this.inTurn(() => this.#send(lane, events));
      },
      advanceWatermarkTo: async (time) => this.raise([lane], instant(time)),
      pause: () =>
        this.inTurn(async () => {
          lane.paused = true;
        }),
      resume: () => this.inTurn(() => this.#resume(lane)),
    };
  }

  async #send(lane: DriverLane, events: readonly unknown[]): Promise<readonly number[]> {
    const { lanes, clock } = this.#parts;
    const encoded = events.map((event) => [event, encode(event)] as const);
    const numbers = encoded.map(([event, data]) => {
      for (const one of payloadsOf(data)) clock.follow(this.#eventTimeOf(lane.stream, one));
      return lanes.append(lane, event, data, clock.now());
    });
    if (!lane.paused) await this.#read(lane);
    return numbers;
  }

  async #resume(lane: DriverLane): Promise<void> {
    lane.paused = false;
    await this.#read(lane);
  }

  /** Up to the end of the lane, or up to a record at which the plan has it wait. */
  async #read(lane: DriverLane): Promise<void> {
    const { lanes, running, batchSize } = this.#parts;
    while (lane.unread.length > 0) {
      const batch = lane.unread.slice(0, batchSize);
      const stoppedAt = await running.gather(lane, batch);
      lane.waitsAt = stoppedAt === undefined ? undefined : lanes.sentAt(lane.name, stoppedAt);
      const read = batch.findIndex(({ position }) => position === stoppedAt);
      lane.unread.splice(0, read < 0 ? batch.length : read);
      if (read >= 0) return;
    }
  }

  /** `undefined` if the engine will find none either. */
  #eventTimeOf(stream: string, data: Uint8Array): number | undefined {
    const decoded = this.#decoders.get(stream)?.(data);
    if (!decoded?.ok) return undefined;
    const timestamp = this.#sources.get(stream)?.timestamp;
    if (typeof timestamp !== 'function') return undefined;
    try {
      return toEventTime(timestamp(decoded.event as never));
    } catch {
      return undefined;
    }
  }
}

function laneOf(lanes: readonly DriverLane[], number: number): DriverLane {
  const lane = lanes[number];
  if (lane) return lane;
  throw new TestDriverError(
    'LANE_UNKNOWN',
    `there is no lane ${number}, only ${lanes.length} from 0`,
    'Give testDriver the option lanes with as many as the test needs.',
  );
}

const encode = (event: unknown): Uint8Array =>
  event instanceof Uint8Array
    ? event
    : Buffer.from(typeof event === 'string' ? event : (jsonOf(event) ?? ''));

/** @throws TestDriverError EVENT_INVALID; what the event's own functions throw is the test's own */
function jsonOf(event: unknown): string | undefined {
  try {
    return JSON.stringify(event);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const [told] = cause.message.split('\n');
    throw new TestDriverError(
      'EVENT_INVALID',
      `an event cannot be sent: ${told}`,
      'JSON is made of events: write a bigint as text with String(x), or give text or bytes.',
    );
  }
}

const afterEnd = (): TestDriverError =>
  new TestDriverError(
    'ENDED',
    'an event was sent after the end of the input',
    'Send everything before end(), or use advanceWatermarkTo() to close windows and go on.',
  );

const waits = ({ stream, number, waitsAt }: DriverLane): TestDriverError =>
  new TestDriverError(
    'ENDED',
    `lane ${number} of ${stream} waits at record ${waitsAt?.number} and cannot come to its end`,
    "Its onBadRecord is 'stop': with 'deadLetter' it goes on.",
  );
