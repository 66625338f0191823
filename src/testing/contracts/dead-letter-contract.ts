import assert from 'node:assert/strict';
import { DeadlineError } from '../../errors.ts';
import type { DeadLetter, DeadLetterSink } from '../../sinks/dead-letter-sink.ts';
import { type ContractCase, uniqueName } from './contract.ts';

/** A dead-letter sink, and a way to read the letters back in any order. */
export interface DeadLetterSubject {
  readonly sink: DeadLetterSink;
  letters(): Promise<readonly DeadLetter[]>;
}

/** What every DeadLetterSink promises. */
export const deadLetterContract: readonly ContractCase<DeadLetterSubject>[] = [
  {
    name: 'keeps a letter with all its fields',
    async run(subject) {
      const letter = letterOf(uniqueName(), { data: Uint8Array.of(0, 255, 10), arrivalTime: 17 });
      await subject.sink.write([letter]);
      assert.deepEqual(await lettersOf(subject, letter.lane), [letter]);
    },
  },
  {
    name: 'keeps a letter once that is written twice',
    async run(subject) {
      const letter = letterOf(uniqueName());
      await subject.sink.write([letter, { ...letter }]);
      await subject.sink.write([letter]);
      assert.deepEqual(await lettersOf(subject, letter.lane), [letter]);
    },
  },
  {
    name: 'keeps apart what differs in source, lane, position or index',
    async run(subject) {
      const lane = uniqueName();
      const letters = [
        letterOf(lane),
        letterOf(lane, { index: 1 }),
        letterOf(lane, { position: '12' }),
        letterOf(lane, { source: 'other' }),
      ];
      const elsewhere = letterOf(uniqueName());
      await subject.sink.write([...letters, elsewhere]);
      assert.deepEqual(await lettersOf(subject, lane), letters.toSorted(byIdentity));
      assert.deepEqual(await lettersOf(subject, elsewhere.lane), [elsewhere]);
    },
  },
  {
    name: 'takes no letter and many',
    async run(subject) {
      const lane = uniqueName();
      const letters = Array.from({ length: 60 }, (_, index) => letterOf(lane, { index }));
      await subject.sink.write([]);
      await subject.sink.write(letters);
      assert.deepEqual(await lettersOf(subject, lane), letters.toSorted(byIdentity));
    },
  },
  {
    name: 'takes a letter of a megabyte, the most that a record has',
    async run(subject) {
      const data = new Uint8Array(1024 * 1024).fill(7);
      const letter = letterOf(uniqueName(), { data });
      await subject.sink.write([letter]);
      const [kept] = await lettersOf(subject, letter.lane);
      assert.ok(kept !== undefined && kept.data.length >= 1024);
      assert.ok(kept.data.every((byte) => byte === 7));
    },
  },
  {
    name: 'refuses to write once the signal aborts, and the sink it was made from goes on',
    async run(subject) {
      const letter = letterOf(uniqueName());
      const bounded = subject.sink.until(AbortSignal.abort());
      await assert.rejects(bounded.write([letter]), DeadlineError);
      const metered = bounded.metered?.(() => {}) ?? bounded;
      await assert.rejects(metered.write([letter]), DeadlineError);
      assert.deepEqual(await lettersOf(subject, letter.lane), []);
      await subject.sink.until(new AbortController().signal).write([letter]);
      assert.deepEqual(await lettersOf(subject, letter.lane), [letter]);
    },
  },
];

function letterOf(lane: string, fields: Partial<DeadLetter> = {}): DeadLetter {
  const identity = { source: 'clicks', lane, position: '11', index: 0 };
  const cause = { reason: 'SCHEMA' as const, detail: 'the field "at" is missing' };
  return { ...identity, ...cause, data: Uint8Array.of(1), arrivalTime: 1_000, ...fields };
}

async function lettersOf(subject: DeadLetterSubject, lane: string): Promise<DeadLetter[]> {
  const letters = (await subject.letters()).filter((letter) => letter.lane === lane);
  return letters.toSorted(byIdentity);
}

const byIdentity = (a: DeadLetter, b: DeadLetter): number =>
  identityOf(a) < identityOf(b) ? -1 : 1;

const identityOf = ({ source, lane, position, index }: DeadLetter): string =>
  JSON.stringify([source, lane, position, index]);
