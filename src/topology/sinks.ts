import { PlanError } from '../errors.ts';
import type { SinkKind, SinkPlan } from './plan.ts';
import { checkName, checkTableName } from './settings.ts';

/**
 * A DynamoDB table for results, one row a key and window.
 *
 * @throws PlanError SINK_INVALID unless DynamoDB takes the name
 */
export function table(name: string): SinkPlan {
  checkTableName(name);
  return Object.freeze({ kind: 'table', name });
}

/**
 * A Kinesis stream of results, which other pipelines and anybody else can read.
 *
 * @throws PlanError NAME_INVALID, as those below
 */
export const stream = (name: string): SinkPlan => sinkPlan('stream', name);

/** An SQS FIFO queue of results. */
export const queue = (name: string): SinkPlan => sinkPlan('queue', name);

/** An SNS FIFO topic of results. */
export const topic = (name: string): SinkPlan => sinkPlan('topic', name);

/** Results as objects in S3. */
export const objects = (name: string): SinkPlan => sinkPlan('objects', name);

/** Results pushed to whoever is connected by a WebSocket. */
export const push = (name: string): SinkPlan => sinkPlan('push', name);

/** A place of any other kind, or of your own: the runtime gives the sink of this name. */
export const custom = (name: string): SinkPlan => sinkPlan('custom', name);

function sinkPlan(kind: SinkKind, name: string): SinkPlan {
  checkName(`a ${kind}`, name);
  return Object.freeze({ kind, name });
}

const KINDS: readonly SinkKind[] = [
  'table',
  'stream',
  'queue',
  'topic',
  'objects',
  'push',
  'custom',
];

/** @throws PlanError SINK_INVALID for anything else */
export function checkSink(sink: SinkPlan): void {
  if (KINDS.includes(sink?.kind)) return;
  throw new PlanError(
    'SINK_INVALID',
    'to() was not given a sink',
    "Give one such as table('results').",
  );
}
