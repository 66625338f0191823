import { setMaxListeners } from 'node:events';
import { type Engine, engine, warm } from '../../engine/engine.ts';
import { ConfigurationError, DeadlineError } from '../../errors.ts';
import type { LookupTable } from '../../lookups/lookup.ts';
import type { Observer } from '../../observability/observer.ts';
import type { DeadLetterSink } from '../../sinks/dead-letter-sink.ts';
import type { Sink } from '../../sinks/sink.ts';
import type { Source } from '../../sources/source.ts';
import type { Store } from '../../store/store.ts';
import type { Plan } from '../../topology/plan.ts';
import { checkPlan } from '../../topology/plan-check.ts';
import { type BucketChange, parseEvent, type Role, type ShardBatch, type Work } from './events.ts';
import { type WatchOptions, watching } from './watch.ts';

/** A log that comes in by an event source mapping. */
export interface MappedSource extends Source {
  readonly streamName: string;
  /** The lane that reads a shard of the stream as it is now. */
  laneOf(shardId: string): Promise<string>;
}

/** What a plan is run with in Lambda; `fromEnvironment` of tidemark/aws makes it of a deployment. */
export interface LambdaOptions extends WatchOptions {
  /**
   * What the function is there for: `gather` takes batches of streams alone, `fire` changes of the
   * control table and ticks. Who may make one of them tick must not be able to hand it records.
   * Default: everything.
   */
  readonly role?: Role;
  readonly store: Store;
  /** By the names of the streams in the plan. */
  readonly sources: Readonly<Record<string, MappedSource>>;
  /** By the names of the sinks in the plan. */
  readonly sinks: Readonly<Record<string, Sink>>;
  readonly deadLetters: DeadLetterSink;
  /** Places for late events, by their names in the plan. */
  readonly lateEvents?: Readonly<Record<string, DeadLetterSink>>;
  /** Tables to look rows up in, by their names in the plan. */
  readonly lookups?: Readonly<Record<string, LookupTable>>;
  /** Wall time, ms. Default Date.now. */
  readonly clock?: () => number;
  /** How long before the end of an invocation it stops writing, ms. Default 1,000. */
  readonly deadlineMarginMs?: number;
  /**
   * What the event source mapping says; only 1 is right: a higher factor splits a shard into lanes
   * that nobody can name, and records would be passed over. Default 1.
   */
  readonly parallelizationFactor?: number;
}

/** What the handler needs of the context that Lambda gives it. */
export interface InvocationContext {
  /** What Lambda calls the invocation; log lines tell it. */
  readonly awsRequestId?: string;
  /** How long this invocation may still take, ms. */
  getRemainingTimeInMillis(): number;
}

/** The answer of a mapping with ReportBatchItemFailures: it comes again from the lowest of them. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** What Lambda invokes. It answers when everything is durable that follows from the event. */
export type Handler = (event: unknown, context: InvocationContext) => Promise<BatchResponse>;

/**
 * A pipeline as a Lambda function, for the mappings of its streams, the mapping of the control
 * table's stream, and the scheduled tick.
 *
 * A batch that must come again as a whole is thrown, which is safe however the mapping is set; one
 * that stops at a bad record, or a bucket that there was no time for, is answered as a batch item
 * failure. Nothing is written once the invocation has `deadlineMarginMs` left, or has returned.
 *
 * @throws PlanError PLAN_INVALID
 * @throws ConfigurationError PARALLELIZATION_FACTOR, SOURCE_DUPLICATE, SOURCE_MISSING, SINK_MISSING, LOOKUP_MISSING at start;
 * by the handler, EVENT_UNKNOWN for what is no work of this library, or of the other role
 */
export function lambdaHandler(plan: Plan, options: LambdaOptions): Handler {
  checkPlan('lambdaHandler()', plan);
  checkParallelization(options.parallelizationFactor ?? 1);
  checkStreams(options.sources);
  const kept = warm(plan);
  const watch = watching(plan, options, options.clock ?? Date.now);
  const open = (observe: Observer, signal: AbortSignal): Engine =>
    engine(plan, portsUntil(options, observe, signal), kept);
  open(() => {}, new AbortController().signal);
  return async (event, context) => {
    const work = parseEvent(event);
    checkRole(options.role, work);
    const invocation = begin(context, options.deadlineMarginMs ?? 1_000);
    const { observe, end } = watch(context.awsRequestId);
    try {
      const running = open(observe, invocation.signal);
      if (work.kind === 'gather') return await gatherAll(running, options, work.batches);
      if (work.kind === 'fire') return await fireAll(running, observe, work.changes, invocation);
      await running.tick(invocation.outOfTime);
      return NO_FAILURES;
    } finally {
      invocation.end();
      end();
    }
  };
}

const NO_FAILURES: BatchResponse = { batchItemFailures: [] };

const failedAt = (sequenceNumbers: readonly string[]): BatchResponse => ({
  batchItemFailures: sequenceNumbers.map((itemIdentifier) => ({ itemIdentifier })),
});

async function gatherAll(
  running: Engine,
  { sources }: LambdaOptions,
  batches: readonly ShardBatch[],
): Promise<BatchResponse> {
  const stopped: string[] = [];
  for (const { streamName, shardId, records } of batches) {
    const [name, source] = sourceOf(sources, streamName);
    const lane = await source.laneOf(shardId);
    const { stoppedAt } = await running.gather(name, lane, records);
    if (stoppedAt !== undefined) stopped.push(stoppedAt);
  }
  return failedAt(stopped);
}

/** One bad bucket never fails the batch, which would block the others: it is reported, and the tick tries it again. */
async function fireAll(
  running: Engine,
  observe: Observer,
  changes: readonly BucketChange[],
  { outOfTime }: Invocation,
): Promise<BatchResponse> {
  const again = await Promise.all(
    changes.map(async ({ stage, bucket, sequenceNumber, raise }) => {
      try {
        const fired = await running.fire(stage, bucket, outOfTime, raise);
        return fired === 'unfinished' ? [sequenceNumber] : [];
      } catch (error) {
        if (error instanceof DeadlineError) return [sequenceNumber];
        observe({ kind: 'failed', stage, bucket, what: `firing bucket ${bucket}`, error });
        return [];
      }
    }),
  );
  return failedAt(again.flat());
}

interface Invocation {
  /** Aborts when nothing may be written any more. */
  readonly signal: AbortSignal;
  /** True when no new piece of work should begin. */
  readonly outOfTime: () => boolean;
  end(): void;
}

function begin(context: InvocationContext, marginMs: number): Invocation {
  const controller = new AbortController();
  const remainingMs = context.getRemainingTimeInMillis() - marginMs;
  if (remainingMs <= 0) {
    throw new DeadlineError(`the invocation began with less than ${marginMs} ms left`, {
      hint: 'Raise the timeout of the function, or lower deadlineMarginMs.',
    });
  }
  // Every request in flight listens to it, and there may be dozens.
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(() => controller.abort(), remainingMs);
  return {
    signal: controller.signal,
    outOfTime: () => context.getRemainingTimeInMillis() < 2 * marginMs,
    // Also what was left un-awaited by mistake must not write into a later invocation.
    end() {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

function portsUntil(options: LambdaOptions, observe: Observer, signal: AbortSignal) {
  return {
    store: options.store.until(signal),
    deadLetters: options.deadLetters.until(signal),
    sinks: allUntil(options.sinks, signal),
    lateEvents: allUntil(options.lateEvents ?? {}, signal),
    lookups: allUntil(options.lookups ?? {}, signal),
    sources: options.sources,
    clock: options.clock ?? Date.now,
    observe,
  };
}

function allUntil<T extends { until(signal: AbortSignal): T }>(
  named: Readonly<Record<string, T>>,
  signal: AbortSignal,
): Record<string, T> {
  const entries = Object.entries(named).map(([name, one]) => [name, one.until(signal)] as const);
  return Object.fromEntries(entries);
}

function sourceOf(sources: LambdaOptions['sources'], streamName: string): [string, MappedSource] {
  const found = Object.entries(sources).find(([, source]) => source.streamName === streamName);
  if (found) return found;
  throw new ConfigurationError(
    'SOURCE_MISSING',
    `a batch came from stream ${streamName}, which no source reads`,
    'Map only the streams of the plan to this function, or give the source of that stream.',
  );
}

function checkRole(role: Role | undefined, { kind }: Work): void {
  if (role === undefined || (role === 'gather') === (kind === 'gather')) return;
  throw new ConfigurationError(
    'EVENT_UNKNOWN',
    `a function that is there to ${role} was asked to ${kind}`,
    'Map streams to the function that gathers; the control stream and the schedule to the one that fires.',
  );
}

/** A batch tells which stream it is of, and so which source it is for. */
function checkStreams(sources: LambdaOptions['sources']): void {
  const names = Object.values(sources).map(({ streamName }) => streamName);
  const twice = names.find((name, n) => names.indexOf(name) < n);
  if (twice === undefined) return;
  throw new ConfigurationError(
    'SOURCE_DUPLICATE',
    `the stream ${twice} is read by two sources, and only one of them would get its records`,
    'Read it as one stream in the plan: several stages, and both sides of a join, may begin with it.',
  );
}

function checkParallelization(factor: number): void {
  if (factor === 1) return;
  throw new ConfigurationError(
    'PARALLELIZATION_FACTOR',
    `the event source mapping has a parallelization factor of ${factor}`,
    'Set it to 1: more would split each shard and break the order of its records; add shards for more throughput.',
  );
}
