import { TestDriverError } from '../errors.ts';
import type { Output } from '../sinks/sink.ts';
import type { EventTimeLike } from '../time/event-time.ts';
import type { Plan } from '../topology/plan.ts';
import { checkPlan } from '../topology/plan-check.ts';
import type { WindowResult } from '../topology/window-result.ts';
import { type DriverClock, instant, virtualClock } from './driver-clock.ts';
import { DriverEngine } from './driver-engine.ts';
import { DriverInput, type StreamHandle } from './driver-input.ts';
import { DriverLanes } from './driver-lanes.ts';
import { type LookupHandle, lookupHandle } from './driver-lookup.ts';
import { rowsOf, sinksNamed } from './driver-sinks.ts';
import {
  type EventResult,
  events,
  type LateRecord,
  lateRecords,
  type NumberedDeadLetter,
  numbered,
  readState,
  readWatermark,
  rowsByKey,
  sorted,
} from './driver-view.ts';
import { checkTestOptions } from './option-check.ts';

/** How the stream of a test is cut, and what its clock says. */
export interface TestDriverOptions {
  /** How many lanes (shards) each stream has. Default 1. */
  readonly lanes?: number;
  /** How many records are gathered at a time. Default 1: each is dealt with before the next. */
  readonly batchSize?: number;
  /**
   * Where the clock stands. Default: it follows the events, so that none comes from the future. With
   * a time given only the test moves it, and `maxFutureSkew` holds.
   */
  readonly now?: EventTimeLike;
}

const OPTIONS = ['lanes', 'batchSize', 'now'] as const satisfies (keyof TestDriverOptions)[];

/**
 * A pipeline in virtual time: the real engine over a log, a store and sinks in memory. Nothing waits
 * and nothing happens by itself; a step returns when all that follows from it has been emitted. Steps
 * that are not awaited still happen one after the other.
 */
export interface TestDriver<V = unknown> extends StreamHandle {
  /** As for one stream, but to all lanes of all streams. */
  advanceWatermarkTo(time: EventTimeLike): Promise<void>;
  /** One of several streams, by its name in the plan. */
  stream(name: string): StreamHandle;
  /**
   * What the schedule does: lanes that are read to their end follow those that are not, or that had
   * events in the last two minutes; if there are none, `maxDelay` closes the last windows.
   */
  tick(): Promise<void>;
  /** The end of the input: everything is read, all windows close; nothing can be sent any more. */
  end(): Promise<void>;
  readonly clock: DriverClock;
  /** A table that the plan looks rows up in, by its name there. */
  lookup(name: string): LookupHandle;
  /**
   * Of windows: the table as it stands, the newest row of each key and window, by start, end and key. Here as
   * for events() and rows() a sink is named where the plan has several of its kind.
   */
  results(sink?: string): WindowResult<V>[];
  /** Of results that are events of their own: each once, by time and key. */
  events(sink?: string): EventResult<V>[];
  /** Of a table by key: the rows as they stand. */
  rows(sink?: string): Map<string, V>;
  /** What was emitted since the last call, to one sink or to all, revisions included; of each key in order. */
  takeOutputs(sink?: string): Output<V>[];
  /** Records that came too late for a stage, in the order of sending. */
  late(): LateRecord[];
  /** Records that could not be processed, with the reason, as `send` numbered them. */
  deadLetters(): NumberedDeadLetter[];
  /**
   * No event at or before it is expected any more, ms: the least over the lanes of a stage, or of all
   * stages. -Infinity before every lane has had an event, Infinity after the end.
   */
  watermark(stage?: string): Promise<number>;
  /** What a stage remembers of a key from slot to slot, as its operator keeps it. */
  state(key: string, stage?: string): Promise<unknown>;
}

/**
 * Runs a plan in a test, with whatever test runner: `const driver = testDriver<number>(plan)`, where
 * the type is that of the values of the results.
 *
 * @throws PlanError PLAN_INVALID, TestDriverError for other wrong use, with a hint
 */
export function testDriver<V = unknown>(
  plan: Plan,
  options: TestDriverOptions = {},
): TestDriver<V> {
  checkPlan('the driver', plan);
  checkTestOptions('the driver', options, OPTIONS);
  const { lanes: count = 1, batchSize = 1, now } = options;
  checkCount('lanes', count);
  checkCount('batchSize', batchSize);
  const clock = virtualClock(now);
  const lanes = new DriverLanes(plan, count, clock.now);
  const running = new DriverEngine(plan, lanes, clock.now);
  const input = new DriverInput(plan, { lanes, running, clock, batchSize });
  return {
    send: async (...events) => input.stream(undefined).send(...events),
    lane: (number) => input.stream(undefined).lane(number),
    stream: (name) => input.stream(name),
    advanceWatermarkTo: async (time) => input.raise(lanes.all, instant(time)),
    tick: () => input.inTurn(() => running.tick()),
    end: () => input.end(),
    clock,
    lookup: (name) => lookupHandle(running, name, input.inTurn.bind(input)),
    results: (sink) => sorted(rowsOf(plan, running, 'windows', sink)),
    events: (sink) => events(rowsOf(plan, running, 'events', sink)),
    rows: (sink) => rowsByKey(rowsOf(plan, running, 'changes', sink)),
    takeOutputs: (sink) =>
      sinksNamed(plan, running, sink).flatMap((one) => one.take()) as Output<V>[],
    late: () => lateRecords(plan, running.late, lanes),
    deadLetters: () => numbered(running.deadLetters.letters(), lanes),
    watermark: (stage) => readWatermark(plan, running.store, stage),
    state: (key, stage) => readState(plan, running.store, key, stage),
  };
}

function checkCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= MOST) return;
  throw new TestDriverError(
    'SETTING_INVALID',
    `${what} of the driver is ${value}`,
    `Give a whole number from 1 to ${MOST}.`,
  );
}

const MOST = 10_000;
