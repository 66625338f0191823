import {
  happened,
  instant,
  type Operator,
  type Origin,
  type Result,
  shapeOf,
  timeOf,
} from '../operators/operator.ts';
import { unlessRefused } from '../operators/user-function.ts';
import { jsonValue } from '../schema/json-value.ts';
import { documentBytes, ROW_BYTES_MAX } from '../schema/row-limits.ts';
import type { Shape } from '../schema/shape.ts';
import { NO_CHUNK, type Output } from '../sinks/sink.ts';
import { slotText } from '../time/slot.ts';
import type { Step } from '../topology/plan.ts';
import type { Outlet } from './ports.ts';
import { applySteps } from './steps.ts';

/** Where an output comes from. */
export type At = Pick<Output, 'stage' | 'bucket' | 'slot' | 'chunk'>;

/** Results of one key in a slot. */
export type Told = readonly [key: string, results: readonly Result[]];

/** Writes to each outlet what is meant for it. */
export async function writeEach(
  outlets: readonly Outlet[],
  outputs: readonly (readonly Output[])[],
): Promise<void> {
  for (const [n, { sink }] of outlets.entries()) {
    const its = outputs[n] ?? [];
    if (its.length > 0) await sink.write(its);
  }
}

/** What becomes of results on their way to a sink. */
export interface Telling {
  readonly outlet: Outlet;
  /** Which has made them. */
  readonly operator: Operator;
  readonly at: At;
  /** What a stateless operator fails on, or no table can hold, is told no further. */
  readonly refuse: (key: string, result: Result, error: unknown) => void;
}

/** What an outlet tells of the results of a key in a slot, with identities. */
export function outputsOf(telling: Telling, [key, results]: Told): Output[] {
  const { at, operator } = telling;
  const { shape, ways } = telling.outlet;
  const outputs: Output[] = [];
  for (const result of results) {
    const before = outputs.length;
    for (const { tag, steps } of ways) {
      if (result.tag !== tag || (result.repeats && shape === 'changes')) continue;
      const way = { steps, emits: shapeOf(operator, tag) };
      for (const [row, told] of toldBy(telling, way, key, result)) {
        outputs.push(outputOf(shape, at, row, told, outputs.length));
      }
    }
    if (outputs.length === before && isStale(shape, result)) {
      outputs.push(outputOf(shape, at, key, tellable(withdrawn(result)), outputs.length));
    }
  }
  return outputs;
}

/** A window that was told before, and of which no way has anything to tell now: its row must not stay. */
const isStale = (shape: Shape, { tag, final, revision }: Result): boolean =>
  shape === 'windows' && tag === undefined && !final && revision > 0;

/** A result, and whose it is. */
type Made = readonly [row: string, result: Result];

/** What the results of one way are, and what happens to them on it. */
interface OneWay {
  readonly steps: readonly Step[];
  readonly emits: Shape;
}

/** All that the stateless operators make of a result, or nothing; of a change the old row is taken back. */
function toldBy(telling: Telling, way: OneWay, key: string, result: Result): readonly Made[] {
  const { shape } = telling.outlet;
  try {
    return madeOf(shape, way, key, result);
  } catch (error) {
    telling.refuse(key, result, error);
    const rest = shape === 'changes' ? takenBack(result) : undefined;
    return rest === undefined ? [] : madeOf(shape, way, key, rest);
  }
}

function madeOf(
  shape: Shape,
  { steps, emits }: OneWay,
  key: string,
  result: Result,
): readonly Made[] {
  const asItIs = steps.length === 0 && shape === emits;
  if (asItIs || (result.retracted && shape === 'windows')) return [[key, tellable(result)]];
  const all: Made[] = [];
  const event = eventOf(emits, key, result);
  applySteps(steps, event, (made) => {
    const asRow = (row: string, told: Result) => all.push([row, tellable(told)]);
    if (shape === 'changes') asRow((made as Change).key, changedRow(result, made as Change));
    else if (shape === 'events') asRow(key, eventAlone(result, made));
    else asRow(key, made === event ? result : { ...result, value: made });
  });
  return all;
}

/**
 * A result as every table can hold it. Throws BadRecordError if that cannot be; of what was said before, or
 * is no more, it is left out: it was told to nobody. So is what was said before where both have no room.
 */
function tellable(result: Result): Result {
  const value = result.retracted
    ? unlessRefused(() => jsonValue(result.value))
    : jsonValue(result.value);
  const old =
    result.old === undefined
      ? undefined
      : unlessRefused(() => jsonValue(result.old, ROW_BYTES_MAX - documentBytes(value)));
  if (Object.is(value, result.value) && Object.is(old, result.old)) return result;
  const { old: _, ...rest } = result;
  return { ...rest, value, ...(old === undefined ? {} : { old }) };
}

/**
 * What is left of a change whose new row cannot be taken: the old one is gone all the same, or whoever
 * reads on would keep it for ever. `undefined`: there was no old row.
 */
export const takenBack = (result: Result): Result | undefined =>
  result.old === undefined ? undefined : withdrawn(result);

const withdrawn = (result: Result): Result => ({ ...result, value: undefined, retracted: true });

/** A change of a row, as the stateless operators see it. */
interface Change extends Pick<Result, 'value' | 'old'> {
  readonly key: string;
}

/** A result as the stateless operators after its stage see it. */
export function eventOf(shape: Shape, key: string, result: Result): unknown {
  if (shape === 'events') return result.value;
  const { value, old } = result;
  if (shape === 'changes') return { key, value, old, time: timeOf(result) };
  const { windowStart, windowEnd, final } = result;
  if (final) return { key, windowStart, windowEnd, value };
  const { revision, early = false, retracted = false } = result;
  return { key, windowStart, windowEnd, value, old, revision, early, retracted };
}

/** What a result says of a row. */
const changedRow = (result: Result, { value, old }: Change): Result => ({
  ...result,
  ...instant(timeOf(result)),
  value,
  old,
  retracted: value === undefined,
});

/** An event that was made of a result: nothing can take its place, as it has a row of its own. */
const eventAlone = (result: Result, event: unknown): Result => happened(timeOf(result), event);

/** An event that goes on as it came: its key is the record that it is of. @throws BadRecordError */
export function relayed(stage: string, origin: Origin, time: number, value: unknown): Output {
  const { lane, index } = origin;
  return {
    stage,
    bucket: 0,
    slot: time,
    chunk: NO_CHUNK,
    key: `${lane}#${origin.position}`,
    index,
    position: `${indexText(index)}#${stage}`,
    shape: 'events',
    windowStart: time,
    windowEnd: time + 1,
    value: jsonValue(value),
    revision: 0,
    final: true,
  };
}

/** What a final result does not have costs nothing. */
const outputOf = (shape: Shape, at: At, key: string, result: Result, index: number): Output =>
  result.final
    ? finalOutput(shape, at, key, result, index)
    : { ...finalOutput(shape, at, key, result, index), ...result };

/** Field by field: copied in bulk, this object costs as much as all the rest of a firing. */
const finalOutput = (shape: Shape, at: At, key: string, result: Result, index: number): Output => ({
  stage: at.stage,
  bucket: at.bucket,
  slot: at.slot,
  chunk: at.chunk,
  key,
  index,
  shape,
  windowStart: result.windowStart,
  windowEnd: result.windowEnd,
  value: result.value,
  revision: result.revision,
  final: result.final,
  position: positionOf(shape, at, index),
});

/**
 * Bucket and key are the row's own: the slot and the index order what is written to one row. Where the
 * position makes the row, the stage is a part of it: another one may tell something of the same key.
 */
function positionOf(shape: Shape, { slot, stage }: At, index: number): string {
  const position = `${slotText(slot)}#${indexText(index)}`;
  return shape === 'events' ? `${position}#${stage}` : position;
}

const indexText = (index: number): string =>
  index === 0 ? '000000' : String(index).padStart(6, '0');
