import { PlanError } from '../errors.ts';
import type { Schema } from '../schema/standard-schema.ts';
import { MINUTES, SECONDS } from '../time/duration.ts';
import { checkOptions, STREAM_OPTIONS } from './option-names.ts';
import type { SourcePlan } from './plan.ts';
import { checkDuration, checkName } from './settings.ts';
import type { ArrivalTimeOptions, EventTimeOptions, StreamOptions } from './stream-options.ts';

/** What a stream's options say, checked. */
export function sourcePlan<S extends Schema>(name: string, options: StreamOptions<S>): SourcePlan {
  checkName('a stream', name);
  if (typeof options?.schema?.['~standard']?.validate !== 'function') throw noSchema(name);
  checkOptions(`the stream ${name}`, options, STREAM_OPTIONS);
  return Object.freeze({
    name,
    schema: options.schema,
    ...timing(name, options),
    onBadRecord: badRecordPolicy(name, options.onBadRecord ?? 'deadLetter'),
  });
}

type Timing = Pick<SourcePlan, 'timestamp' | 'outOfOrdernessMs' | 'maxFutureSkewMs' | 'maxDelayMs'>;

function timing<S extends Schema>(name: string, options: StreamOptions<S>): Timing {
  if (options.timestamp === 'arrival') return arrivalTiming(name, options);
  if (options.timestamp === 'processing') return processingTiming(name, options);
  if (typeof options.timestamp === 'function') return eventTiming(name, options);
  throw new PlanError(
    'SETTING_INVALID',
    `timestamp of ${name} is no function`,
    "Give a function of the event, or 'arrival' or 'processing'.",
  );
}

function eventTiming<S extends Schema>(name: string, options: EventTimeOptions<S>): Timing {
  const { timestamp, outOfOrderness, maxFutureSkew = MINUTES, maxDelay } = options;
  checkDuration(`outOfOrderness of ${name}`, outOfOrderness, 0);
  checkDuration(`maxFutureSkew of ${name}`, maxFutureSkew, 0);
  if (maxDelay !== undefined) checkDuration(`maxDelay of ${name}`, maxDelay, 0);
  return {
    timestamp: timestamp as SourcePlan['timestamp'],
    outOfOrdernessMs: outOfOrderness,
    maxFutureSkewMs: maxFutureSkew,
    maxDelayMs: maxDelay,
  };
}

/**
 * Arrival times are approximate and may go back (Kinesis API reference, Record), and a record can be
 * read within about a second of being put ("What is Amazon Kinesis Data Streams", developer guide).
 */
const ARRIVAL_OUT_OF_ORDER_MS = 1 * SECONDS;
const ARRIVAL_DELAY_MS = 5 * SECONDS;

function arrivalTiming<S extends Schema>(name: string, options: ArrivalTimeOptions<S>): Timing {
  checkAbsent(name, options, ['maxFutureSkew']);
  const { outOfOrderness = ARRIVAL_OUT_OF_ORDER_MS, maxDelay = ARRIVAL_DELAY_MS } = options;
  checkDuration(`outOfOrderness of ${name}`, outOfOrderness, 0);
  checkDuration(`maxDelay of ${name}`, maxDelay, 0);
  return {
    timestamp: 'arrival',
    outOfOrdernessMs: outOfOrderness,
    maxFutureSkewMs: 0,
    maxDelayMs: maxDelay,
  };
}

/** Nothing is processed before now: now is as far as a stream that is read to its end has come. */
function processingTiming(name: string, options: object): Timing {
  checkAbsent(name, options, ['outOfOrderness', 'maxFutureSkew', 'maxDelay']);
  return { timestamp: 'processing', outOfOrdernessMs: 0, maxFutureSkewMs: 0, maxDelayMs: 0 };
}

function checkAbsent(
  name: string,
  options: Readonly<Record<string, unknown>> | object,
  settings: readonly string[],
): void {
  const given = settings.find(
    (setting) => (options as Record<string, unknown>)[setting] !== undefined,
  );
  if (given === undefined) return;
  throw new PlanError(
    'SETTING_INVALID',
    `${given} of ${name} is given, whose events have the time that they are given here`,
    `Leave out ${given}, or give a function of the event as timestamp.`,
  );
}

function badRecordPolicy(name: string, policy: string): SourcePlan['onBadRecord'] {
  if (policy === 'deadLetter' || policy === 'stop') return policy;
  throw new PlanError(
    'SETTING_INVALID',
    `onBadRecord of ${name} is ${JSON.stringify(policy)}`,
    "Give 'deadLetter' to set bad records aside, or 'stop' to wait at them.",
  );
}

const noSchema = (name: string): PlanError =>
  new PlanError(
    'SCHEMA_INVALID',
    `the schema of ${name} does not speak Standard Schema v1`,
    'Give a schema of zod, valibot, arktype or another library of https://standardschema.dev.',
  );
