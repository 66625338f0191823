/**
 * The whole family on one page. A message states a fact in lower case with the values quoted; `hint`
 * is one sentence that can be acted on, and ends the message of what tests and builds throw; `code`
 * is stable, for programs and alarms; `retryable` answers the one question a runtime asks.
 */
export abstract class TidemarkError extends Error {
  abstract readonly code: string;
  /** True if the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean = false;
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }

  /** The message without the hint, which some messages end with. */
  get fact(): string {
    const end = `\n${this.hint}`;
    return this.message.endsWith(end) ? this.message.slice(0, -end.length) : this.message;
  }
}

/** With the way out: whoever shows the error of a test or of a build shows nothing but the message. */
const told = (fact: string, hint: string): string => `${fact}\n${hint}`;

/** A plan that cannot mean what its author wanted. Thrown while building, never while running. */
export class PlanError extends TidemarkError {
  readonly code: PlanErrorCode;

  constructor(code: PlanErrorCode, fact: string, hint: string) {
    super(told(fact, hint), { hint });
    this.code = code;
  }
}

/** What is wrong with a plan. Stable, for programs. */
export type PlanErrorCode =
  | 'PLAN_INVALID'
  | 'NAME_INVALID'
  | 'NAME_DUPLICATE'
  | 'DURATION_INVALID'
  | 'WINDOW_INVALID'
  | 'SETTING_INVALID'
  | 'SCHEMA_INVALID'
  | 'STAGE_INVALID'
  | 'SINK_INVALID';

/** The stored state was written by a plan that counted differently. */
export class PlanChangedError extends TidemarkError {
  readonly code = 'PLAN_CHANGED';
}

/** A runtime was wired in a way that would lose or double data. Thrown when it starts. */
export class ConfigurationError extends TidemarkError {
  readonly code: ConfigurationErrorCode;

  constructor(code: ConfigurationErrorCode, message: string, hint: string) {
    super(message, { hint });
    this.code = code;
  }
}

/** What is wrong with how a plan is run or deployed. Stable, for programs and alarms. */
export type ConfigurationErrorCode =
  | 'PARALLELIZATION_FACTOR'
  | 'MAPPING_INVALID'
  | 'SOURCE_MISSING'
  | 'SINK_MISSING'
  | 'SINK_INVALID'
  | 'EVENT_UNKNOWN'
  | 'ENDPOINT_UNREACHABLE'
  | 'ACCESS_DENIED'
  | 'RESOURCE_MISSING'
  | 'LETTER_UNKNOWN'
  | 'FIX_INVALID'
  | 'VERSION_INVALID'
  | 'REPLAY_INVALID'
  | 'REPLAY_BEHIND'
  | 'PEER_MISSING'
  | 'EMBEDDED_FAILED'
  | 'INPUT_INVALID'
  | 'OUTPUT_INVALID'
  | 'PLAN_MISSING'
  | 'TIME_UNKNOWN'
  | 'LOOKUP_MISSING'
  | 'ENVIRONMENT_INVALID'
  | 'SOURCE_UNKNOWN'
  | 'SOURCE_DUPLICATE'
  | 'SINK_UNKNOWN'
  | 'LOOKUP_UNKNOWN'
  | 'STAGE_UNKNOWN'
  | 'STAGE_DUPLICATE'
  | 'RESOURCE_ELSEWHERE'
  | 'TABLE_KEY'
  | 'REGION_UNKNOWN'
  | 'CONCURRENCY_TOO_LOW'
  | 'SCHEDULE_INVALID'
  | 'DASHBOARD_TOO_LARGE'
  | 'ALARM_INVALID'
  | 'ENVIRONMENT_TOO_LARGE'
  | 'PRODUCER_CLOSED'
  | 'EXPRESSION_UNKNOWN'
  | 'PORT_TAKEN';

/** A test asked its driver for what the plan does not have, or after the end of the input. */
export class TestDriverError extends TidemarkError {
  readonly code: TestDriverErrorCode;

  constructor(code: TestDriverErrorCode, fact: string, hint: string) {
    super(told(fact, hint), { hint });
    this.code = code;
  }
}

/** What is wrong with how a test uses its driver. Stable, for programs. */
export type TestDriverErrorCode =
  | 'STREAM_UNKNOWN'
  | 'LANE_UNKNOWN'
  | 'SINK_UNKNOWN'
  | 'LOOKUP_UNKNOWN'
  | 'STAGE_UNKNOWN'
  | 'TIME_INVALID'
  | 'SETTING_INVALID'
  | 'LATE_UNKNOWN'
  | 'NOTHING_TRIED'
  | 'SINK_SHAPE'
  | 'EVENT_INVALID'
  | 'ENDED';

/** Somebody else has taken the lane; this attempt must come again as a whole. */
export class FencedError extends TidemarkError {
  readonly code = 'FENCED';
  override readonly retryable = true;
}

/** The shard is not ready to be read: its parents have not ended yet. */
export class LaneNotReadyError extends TidemarkError {
  readonly code = 'LANE_NOT_READY';
  override readonly retryable = true;
}

/** The invocation has no time left; what was not committed comes again. */
export class DeadlineError extends TidemarkError {
  readonly code = 'DEADLINE';
  override readonly retryable = true;
}

/** A store or a sink did not take a write after all retries. */
export class UnavailableError extends TidemarkError {
  readonly code = 'UNAVAILABLE';
  override readonly retryable = true;
}

/** A stored block cannot be read by this version of the library. */
export class FormatError extends TidemarkError {
  readonly code = 'FORMAT';
}

/** A record that cannot be processed, by a pipeline that wants to stop at such a record. */
export class BadRecordError extends TidemarkError {
  readonly code = 'BAD_RECORD';
}

/** A run was told to end before it was done; it goes on from where it was. */
export class InterruptedError extends TidemarkError {
  readonly code = 'INTERRUPTED';
  override readonly retryable = true;
}

/** A value that a stage has to remember cannot be written as it is and read back the same. */
export class NotStorableError extends TidemarkError {
  readonly code = 'NOT_STORABLE';
}

/**
 * A window of a key holds more than its aggregate was allowed to, or a key remembers more than can be
 * stored. Nothing is told wrong: the bucket waits, with everything it has, for a plan with a greater
 * limit, or one that remembers less.
 */
export class LimitError extends TidemarkError {
  readonly code = 'LIMIT_EXCEEDED';
}

/**
 * A function of the author threw while a slot fired. The events of the slot are committed already, so
 * that nobody can be given them back: the bucket waits, with everything it has, for code that does
 * not throw. `cause` is what was thrown.
 */
export class UserFunctionError extends TidemarkError {
  readonly code = 'USER_FUNCTION';
  /** Whose slot fires; `undefined`: the function does not know, or none does. */
  readonly stage: string | undefined;

  constructor(
    message: string,
    { stage, ...options }: { hint?: string; cause?: unknown; stage?: string | undefined } = {},
  ) {
    super(message, options);
    this.stage = stage;
  }
}

/** Timers of a key set one another without end; their bucket waits, with everything it has. */
export class TimerLoopError extends TidemarkError {
  readonly code = 'TIMER_LOOP';
}

/** An aggregate whose result depends on how events were ordered, cut or stored. Thrown by tests only. */
export class AggregateLawError extends TidemarkError {
  readonly code = 'AGGREGATE_LAW';

  constructor(fact: string, hint: string) {
    super(told(fact, hint), { hint });
  }
}

/** A rule that the library itself must hold is broken. Never caught; please report it. */
export class InvariantError extends TidemarkError {
  readonly code = 'INVARIANT';
}
