import { PlanError } from '../errors.ts';
import type { Schema } from '../schema/standard-schema.ts';
import { MINUTES } from '../time/duration.ts';
import type { SourcePlan } from './plan.ts';
import { checkDuration, checkFunction, checkName } from './settings.ts';
import type { StreamOptions } from './stream.ts';

/** What a stream's options say, checked. */
export function sourcePlan<S extends Schema>(name: string, options: StreamOptions<S>): SourcePlan {
  checkName('a stream', name);
  if (typeof options?.schema?.['~standard']?.validate !== 'function') throw noSchema(name);
  checkFunction(`timestamp of ${name}`, options.timestamp);
  checkDuration(`outOfOrderness of ${name}`, options.outOfOrderness, 0);
  const maxFutureSkewMs = options.maxFutureSkew ?? MINUTES;
  checkDuration(`maxFutureSkew of ${name}`, maxFutureSkewMs, 0);
  if (options.maxDelay !== undefined) checkDuration(`maxDelay of ${name}`, options.maxDelay, 0);
  return Object.freeze({
    name,
    schema: options.schema,
    timestamp: options.timestamp as SourcePlan['timestamp'],
    outOfOrdernessMs: options.outOfOrderness,
    maxFutureSkewMs,
    maxDelayMs: options.maxDelay,
    onBadRecord: badRecordPolicy(name, options.onBadRecord ?? 'deadLetter'),
  });
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
