import { instant, type Origin, type Result, timeOf } from '../operators/operator.ts';
import type { Shape } from '../schema/shape.ts';
import type { Output } from '../sinks/sink.ts';
import { slotText } from '../time/slot.ts';
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

/** What an outlet tells of the results of a key in a slot, with identities. */
export function outputsOf(
  { shape, tag, steps }: Outlet,
  at: At,
  key: string,
  results: readonly Result[],
): Output[] {
  const outputs: Output[] = [];
  for (const result of results) {
    if (result.tag !== tag) continue;
    if (steps.length === 0 || (result.retracted && shape === 'windows')) {
      outputs.push(outputOf(shape, at, key, result, outputs.length));
      continue;
    }
    const event = eventOf(shape, key, result);
    applySteps(steps, event, (made) => {
      outputs.push(outputOf(shape, at, key, resultOf(shape, result, event, made), outputs.length));
    });
  }
  return outputs;
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

/** What is left of a result when the stateless operators have made something else of it. */
function resultOf(shape: Shape, result: Result, event: unknown, made: unknown): Result {
  if (made === event) return result;
  if (shape !== 'changes') return { ...result, value: made };
  const { value, old } = made as Pick<Result, 'value' | 'old'>;
  return { ...result, value, old, retracted: value === undefined };
}

/** An event that goes on as it came: its key is the record that it is of. */
export function relayed(stage: string, origin: Origin, time: number, value: unknown): Output {
  const { lane, index } = origin;
  const key = `${lane}#${origin.position}`;
  const identity = { stage, bucket: 0, slot: time, chunk: 0, key, index };
  const position = indexText(index);
  return {
    ...identity,
    position,
    shape: 'events',
    ...instant(time),
    value,
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
  position: positionOf(at, index),
});

/** Bucket and key are the row's own: the slot and the index order what is written to one row. */
const positionOf = ({ slot }: At, index: number): string => `${slotText(slot)}#${indexText(index)}`;

const indexText = (index: number): string => String(index).padStart(6, '0');
