import type { Answer, Place } from './foreign-key-join.ts';
import { eventOf, inOrder, type Kept, keptCodec, keptEvents } from './kept.ts';
import { NEVER_LATE, type Operator, type Result } from './operator.ts';
import { isSame, type LastSaid, lastSaidCodec, rowChange } from './row-change.ts';

/**
 * The rows of a join on a foreign key, by the key of the left row. Answers come from the right rows that
 * a left row points to and has pointed to: the newest is the one to the latest change of the left row,
 * and of those to the same change the last one, which is the one that knows most of the right row.
 */
export const newestAnswers = (): Operator<Answer, Kept[], LastSaid> => ({
  name: 'newest-answers',
  ...NEVER_LATE,
  emits: 'changes',
  ...keptEvents,
  add: (events, { key, since, row }, eventTime, origin, side) =>
    keptEvents.add(events, { key, since, row }, eventTime, origin, side),
  codec: keptCodec,
  firing: {
    kind: 'keyed',
    stateCodec: lastSaidCodec,
    fire(state, answers, slot, resolutionMs) {
      const results: Result[] = [];
      let last = state?.last;
      let told = state?.told ?? 0;
      for (const answer of [...answers].sort(inOrder)) {
        const [before, after] = [last && answerOf(last), answerOf(answer)];
        if (before && isBefore(after.since, before.since)) continue;
        last = answer;
        if (isSame(before?.row, after.row)) continue;
        const time = Math.max(answer.time, slot - resolutionMs);
        const change = rowChange({ old: before?.row, value: after.row, time, revision: told });
        if (change) results.push(change);
        told++;
      }
      // Nobody asks any more: answers to earlier changes have come by now, in this slot at the latest.
      const kept = last && answerOf(last).row !== undefined ? { last, told } : undefined;
      return { results, state: kept, timers: [] };
    },
  },
});

const answerOf = (kept: Kept): Answer => eventOf(kept) as Answer;

/** Positions of one lane have the same length. */
const isBefore = (a: Place, b: Place): boolean =>
  a.position === b.position ? a.index < b.index : a.position < b.position;
