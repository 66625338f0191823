import { TestDriverError } from '../errors.ts';
import type { LogRecord } from '../sources/source.ts';
import type { Plan } from '../topology/plan.ts';
import { type MemoryLog, memoryLog } from './memory-log.ts';

/** A record that a test has sent. */
export interface SentRecord {
  /** Counted over all streams and lanes, from 0, in the order of sending. */
  readonly number: number;
  readonly stream: string;
  /** From 0. */
  readonly lane: number;
  /** As it was given. */
  readonly event: unknown;
}

/** One lane of a stream, and how far it has been read. */
export interface DriverLane {
  readonly stream: string;
  readonly number: number;
  /** As the engine knows it. */
  readonly name: string;
  readonly unread: LogRecord[];
  paused: boolean;
  /** The bad record at which it waits, if the plan wants that. */
  waitsAt: SentRecord | undefined;
}

/** What a test has sent, by stream and lane. */
export class DriverLanes {
  readonly logs: Readonly<Record<string, MemoryLog>>;
  readonly all: readonly DriverLane[];
  readonly #records: SentRecord[] = [];
  /** By lane and position. */
  readonly #byPosition = new Map<string, SentRecord>();

  constructor(plan: Plan, lanes: number, clock: () => number) {
    const names = plan.sources.map(({ name }) => name);
    this.logs = Object.fromEntries(names.map((name) => [name, memoryLog(clock)]));
    const numbers = Array.from({ length: lanes }, (_, number) => number);
    this.all = names.flatMap((stream) => numbers.map((number) => this.#open(stream, number)));
  }

  append(lane: DriverLane, event: unknown, data: Uint8Array | string, arrivalTime: number): number {
    const { stream, number: laneNumber } = lane;
    const number = this.#records.length;
    const sent = { number, stream, lane: laneNumber, event };
    const record = this.#logOf(stream).append(lane.name, data, arrivalTime);
    lane.unread.push(record);
    this.#records.push(sent);
    this.#byPosition.set(placeOf(lane.name, record.position), sent);
    return number;
  }

  /** The record that stands there, if a test has sent it. */
  sentAt(lane: string, position: string): SentRecord | undefined {
    return this.#byPosition.get(placeOf(lane, position));
  }

  /** @throws TestDriverError STREAM_UNKNOWN; without a name there must be only one */
  ofStream(stream: string | undefined): readonly DriverLane[] {
    const names = Object.keys(this.logs);
    const [first] = names;
    const name = stream ?? (names.length === 1 ? first : undefined);
    const lanes = this.all.filter((lane) => lane.stream === name);
    if (lanes.length > 0) return lanes;
    const told = name === undefined ? 'the plan has several streams' : `no stream is named ${name}`;
    const hint = `Name one with driver.stream(): ${names.join(', ')}.`;
    throw new TestDriverError('STREAM_UNKNOWN', told, hint);
  }

  /** Lane names are unique over all streams, so that a dead letter tells where it comes from. */
  #open(stream: string, number: number): DriverLane {
    const name = `${stream}-${number}`;
    this.#logOf(stream).open(name);
    return { stream, number, name, unread: [], paused: false, waitsAt: undefined };
  }

  #logOf(stream: string): MemoryLog {
    return this.logs[stream] as MemoryLog;
  }
}

const placeOf = (lane: string, position: string): string => `${position} ${lane}`;
