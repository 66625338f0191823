import { LimitError } from '../errors.ts';
import { slotText } from '../time/slot.ts';
import type { DeadLetter, DeadLetterSink } from './dead-letter-sink.ts';
import { digest } from './identity.ts';
import { messageText } from './message.ts';
import type { Output } from './sink.ts';

/** An output that a sink can never take, and why. */
export interface Refused {
  readonly output: Output;
  /** In words, without anything of the output itself. */
  readonly why: string;
}

/**
 * Makes dead letters of outputs that a sink can never take; the same output is the same letter.
 *
 * @throws LimitError without a place for letters: the bucket waits, with everything it has
 */
export async function setAside(
  sink: string,
  letters: DeadLetterSink | undefined,
  refused: readonly Refused[],
): Promise<void> {
  const [first] = refused;
  if (first === undefined) return;
  if (letters !== undefined) return letters.write(refused.map((one) => letterOf(sink, one)));
  throw new LimitError(
    `${sink} cannot take an output of stage ${first.output.stage}: ${first.why}`,
    {
      hint: 'Let the pipeline make smaller results, or give the sink `deadLetters` to go on without them.',
    },
  );
}

/** As a position has it: without a slash, and short enough for a key of a table. */
const placeOf = (key: string): string =>
  /^[\x21-\x2e\x30-\x7e]{1,200}$/.test(key) ? key : digest(key);

function letterOf(sink: string, { output, why }: Refused): DeadLetter {
  const { stage, bucket, slot, chunk, key, index } = output;
  return {
    source: stage,
    lane: `${stage}@${bucket}>${sink}`,
    position: `${slotText(slot)}#${chunk}#${placeOf(key)}`,
    index,
    reason: 'VALUE',
    detail: why,
    data: Buffer.from(messageText(output)),
    arrivalTime: Date.now(),
  };
}
