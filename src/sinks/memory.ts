import { eitherOf, refuseAfter } from '../deadline.ts';
import type { DeadLetter, DeadLetterSink } from './dead-letter-sink.ts';
import { isNewer, rowId } from './row.ts';
import type { Output, Sink } from './sink.ts';

/** A table of results that one can look into. */
export interface MemorySink extends Sink {
  /** The newest output of each key and window that was not retracted, in the order in which the rows first appeared. */
  rows(): readonly Output[];
  /** This sink for the length of one invocation. */
  until(signal: AbortSignal): MemorySink;
}

/** Keeps results in this process, as a table does. Values are kept as they are, not copied. */
export function memorySink(): MemorySink {
  return sinkOver(new Map(), undefined);
}

function sinkOver(rows: Map<string, Output>, signal: AbortSignal | undefined): MemorySink {
  return {
    async write(outputs) {
      refuseAfter(signal);
      for (const output of outputs) {
        const id = rowId(output);
        if (isNewer(output, rows.get(id))) rows.set(id, { ...output });
      }
    },
    rows: () => [...rows.values()].filter((row) => !row.retracted),
    until: (inner) => sinkOver(rows, eitherOf(signal, inner)),
  };
}

/** Dead letters that one can look into. */
export interface MemoryDeadLetters extends DeadLetterSink {
  /** Each letter once, in the order in which they first came. */
  letters(): readonly DeadLetter[];
  /** This sink for the length of one invocation. */
  until(signal: AbortSignal): MemoryDeadLetters;
}

/** Keeps dead letters in this process. */
export function memoryDeadLetters(): MemoryDeadLetters {
  return lettersOver(new Map(), undefined);
}

function lettersOver(
  kept: Map<string, DeadLetter>,
  signal: AbortSignal | undefined,
): MemoryDeadLetters {
  return {
    async write(letters) {
      refuseAfter(signal);
      for (const letter of letters) {
        kept.set(letterId(letter), { ...letter, data: new Uint8Array(letter.data) });
      }
    },
    letters: () => [...kept.values()],
    until: (inner) => lettersOver(kept, eitherOf(signal, inner)),
  };
}

const letterId = ({ source, lane, position, index }: DeadLetter): string =>
  JSON.stringify([source, lane, position, index]);
