import { bucketKey, keyedStateKey, laneRange } from '../engine/keys.ts';
import { readAll } from '../engine/read-all.ts';
import { toldThrough } from '../engine/told.ts';
import { TestDriverError } from '../errors.ts';
import { ByteReader } from '../schema/bytes.ts';
import { compareUtf8 } from '../schema/utf8-order.ts';
import type { DeadLetter } from '../sinks/dead-letter-sink.ts';
import type { Output } from '../sinks/sink.ts';
import type { Store } from '../store/store.ts';
import { MAX_TIME, MIN_TIME } from '../time/watermark.ts';
import { type Plan, type StagePlan, stagesBefore, streamsOf } from '../topology/plan.ts';
import type { WindowResult } from '../topology/window-result.ts';
import type { LateInBatch } from './driver-engine.ts';
import type { DriverLanes, SentRecord } from './driver-lanes.ts';

/** A record that came too late for a stage. */
export interface LateRecord extends SentRecord {
  readonly stage: string;
  /** The place that keeps it, if the plan names one with `sideOutput`. */
  readonly sideOutput: string | undefined;
}

/** A record that could not be processed, with the number that `send` gave it. */
export interface NumberedDeadLetter extends DeadLetter {
  /** As `send` numbered the record. */
  readonly number: number;
}

/** -Infinity before every lane has had an event, Infinity after the end. */
export async function readWatermark(
  plan: Plan,
  store: Store,
  stage: string | undefined,
): Promise<number> {
  const reading = plan.stages.filter((one) => streamsOf(one).length > 0);
  const stages = stage === undefined ? reading : [stageOf(plan, stage)];
  const watermarks = stages.flatMap((one) => [
    ...(streamsOf(one).length > 0 ? [lanesWatermark(store, one)] : []),
    ...stagesBefore(one).map((name) => toldBy(store, stageOf(plan, name))),
  ]);
  const least = Math.min(...(await Promise.all(watermarks)));
  if (least === MIN_TIME) return -Infinity;
  return least === MAX_TIME ? Infinity : least;
}

async function lanesWatermark(store: Store, { name }: StagePlan): Promise<number> {
  const lanes = await readAll(store, 'control', laneRange(name));
  if (lanes.length === 0) return MIN_TIME;
  return Math.min(...lanes.map(({ watermark }) => Number(watermark)));
}

async function toldBy(store: Store, stage: StagePlan): Promise<number> {
  const buckets = Array.from({ length: stage.buckets }, (_, n) => bucketKey(stage.name, n));
  const items = await Promise.all(buckets.map((key) => store.get('control', key)));
  const fired = items.map((item) => Number(item?.firedThrough ?? MIN_TIME));
  const least = Math.min(...fired);
  return least === MIN_TIME ? MIN_TIME : toldThrough({ stage }, least);
}

/** `undefined` if the stage remembers nothing of the key. */
export async function readState(
  plan: Plan,
  store: Store,
  key: string,
  stage: string | undefined,
): Promise<unknown> {
  const { name, operator } = stageOf(plan, stage);
  if (operator.firing.kind !== 'keyed') return undefined;
  const item = await store.get('state', keyedStateKey(name, key));
  const bytes = item?.data as Uint8Array | undefined;
  if (bytes === undefined || bytes.length === 0) return undefined;
  return operator.firing.stateCodec.read(new ByteReader(bytes), Number(item?.at));
}

/** A result that is of no window. */
export interface EventResult<V> {
  readonly key: string;
  /** When it happened, ms. */
  readonly time: number;
  readonly value: V;
}

/** By time, key and position. */
export const events = <V>(rows: readonly Output[]): EventResult<V>[] =>
  [...rows]
    .sort(
      (a, b) =>
        a.windowStart - b.windowStart ||
        compareUtf8(a.key, b.key) ||
        compareUtf8(a.position, b.position),
    )
    .map(({ key, windowStart, value }) => ({ key, time: windowStart, value: value as V }));

export const rowsByKey = <V>(rows: readonly Output[]): Map<string, V> =>
  new Map(
    [...rows]
      .sort((a, b) => compareUtf8(a.key, b.key))
      .map(({ key, value }) => [key, value as V] as const),
  );

/** By start, end and key. */
export function sorted<V>(rows: readonly Output[]): WindowResult<V>[] {
  return rows
    .map(({ key, windowStart, windowEnd, value }) => ({
      key,
      windowStart,
      windowEnd,
      value: value as V,
    }))
    .sort(
      (a, b) =>
        a.windowStart - b.windowStart || a.windowEnd - b.windowEnd || (a.key < b.key ? -1 : 1),
    );
}

/** @throws TestDriverError LATE_UNKNOWN if only some of a batch were */
export function lateRecords(
  plan: Plan,
  batches: readonly LateInBatch[],
  lanes: DriverLanes,
): LateRecord[] {
  return batches
    .flatMap(({ stage, lane, records, late }) => {
      if (late < records.length) throw lateUnknown(late, records.length);
      return records.flatMap(({ position }) => {
        const sent = lanes.sentAt(lane.name, position);
        const sideOutput = stageOf(plan, stage).late.sideOutput?.name;
        return sent ? [{ ...sent, stage, sideOutput }] : [];
      });
    })
    .sort((a, b) => a.number - b.number);
}

export const numbered = (
  letters: readonly DeadLetter[],
  lanes: DriverLanes,
): NumberedDeadLetter[] =>
  letters
    .map((letter) => ({
      ...letter,
      number: lanes.sentAt(letter.lane, letter.position)?.number ?? -1,
    }))
    .sort((a, b) => a.number - b.number);

function stageOf({ stages }: Plan, name: string | undefined): StagePlan {
  const [first] = stages;
  const stage =
    name === undefined && stages.length === 1 ? first : stages.find((one) => one.name === name);
  if (stage) return stage;
  const hint = `Name one of ${stages.map((one) => one.name).join(', ')}.`;
  const told = name === undefined ? 'the plan has several stages' : `no stage is named ${name}`;
  throw new TestDriverError('STAGE_UNKNOWN', told, hint);
}

const lateUnknown = (late: number, size: number): TestDriverError =>
  new TestDriverError(
    'LATE_UNKNOWN',
    `${late} of a batch of ${size} records were late`,
    'Which ones can be told where each comes by itself: leave batchSize at 1.',
  );
