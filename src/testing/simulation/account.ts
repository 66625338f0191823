import { laneOf } from '../../engine/keys.ts';
import type { DeadLetter } from '../../sinks/dead-letter-sink.ts';
import type { MemoryDeadLetters } from '../../sinks/memory.ts';
import type { TableStore } from '../../store/table-store.ts';
import { atSource, type Invariants } from './invariants.ts';

/** All that came of a run, as text to compare: where every record went, and what was told. */
export type Account = ReadonlyMap<string, string>;

export interface Accounted {
  readonly store: TableStore;
  readonly outputs: Invariants['outputs'];
  readonly letters: MemoryDeadLetters;
  readonly late: ReadonlyMap<string, MemoryDeadLetters>;
  /** True of a record that some stage has committed. */
  readonly isDealtWith: (record: Pick<DeadLetter, 'lane' | 'position'>) => boolean;
}

export function accountOf({ store, outputs, isDealtWith, ...places }: Accounted): Account {
  const account = new Map<string, string>();
  // What is written while gathering is written before the commit: it may be there of a record that was
  // lost with its stream.
  for (const [identity, { content, record }] of outputs) {
    if (record === undefined || isDealtWith(record)) account.set(`output ${identity}`, content);
  }
  const addLetters = (what: string, letters: MemoryDeadLetters): void => {
    for (const letter of letters.letters().filter(isDealtWith)) {
      const { source, lane, position, index, reason } = letter;
      account.set(`${what} ${source} ${lane} ${position} ${index}`, reason);
    }
  };
  addLetters('dead letter', places.letters);
  for (const [name, place] of places.late) addLetters(`late in ${name}`, place);
  for (const item of store.items('control')) {
    // One without a position was never met.
    if (item.sk.startsWith('lane#') && item.position !== undefined) {
      const { watermark, records, filtered, late: tooLate, deadLetters, duplicates } = item;
      const tally = { watermark, records, filtered, late: tooLate, deadLetters, duplicates };
      account.set(`lane ${item.pk} ${item.sk}`, JSON.stringify(tally));
    }
    if (item.sk === 'fire') account.set(`bucket ${item.pk}`, `fired through ${item.firedThrough}`);
  }
  return account;
}

/** Records that were counted as dead letters and are none, and results that a next stage has refused as late. */
export function unaccounted({ store, letters }: Accounted): string[] {
  const kept = new Map<string, number>();
  for (const { lane } of letters.letters()) kept.set(lane, (kept.get(lane) ?? 0) + 1);
  const lines: string[] = [];
  for (const { reason, lane, position, detail } of letters.letters()) {
    // What a stage tells waits for whoever reads on.
    if (reason === 'LATE') lines.push(`a result of ${lane}, ${position}, came late: ${detail}`);
  }
  for (const item of store.items('control')) {
    if (!item.sk.startsWith('lane#')) continue;
    const lane = atSource(laneOf(item));
    const there = kept.get(lane) ?? 0;
    const counted = Number(item.deadLetters);
    if (counted > there)
      lines.push(`${item.pk} counts ${counted} dead letters of ${lane}, and there are ${there}`);
  }
  return lines;
}

/** What differs, in words; empty if nothing does. */
export function differences(actual: Account, expected: Account): string[] {
  const lines: string[] = [];
  for (const [what, content] of expected) {
    const found = actual.get(what);
    if (found === undefined) lines.push(`missing: ${what}: ${content}`);
    else if (found !== content) lines.push(`${what} is ${found} and should be ${content}`);
  }
  for (const [what, content] of actual) {
    if (!expected.has(what)) lines.push(`should not be: ${what}: ${content}`);
  }
  return lines;
}
