import assert from 'node:assert/strict';
import { DeadlineError, LimitError } from '../../errors.ts';
import { memoryDeadLetters } from '../../sinks/memory.ts';
import { messageOf } from '../../sinks/message.ts';
import type { Output, Sink } from '../../sinks/sink.ts';
import { type ContractCase, uniqueName } from './contract.ts';
import { outputOf, VALUES } from './contract-output.ts';

/** A sink of messages, and what its consumers have got. */
export interface MessageSinkSubject {
  /** Opens the sink; `deadLetters` are its place for what it can never take, if it has one. */
  open(deadLetters?: ReturnType<typeof memoryDeadLetters>): Sink;
  /**
   * Every message so far, each as often as a consumer takes effect on it that goes by what the sink's
   * documentation says of repetitions; those of one key in the order in which they took effect.
   */
  messages(): Promise<readonly unknown[]>;
  /** A text that is too large for one message; `undefined`: nothing is. */
  readonly tooLarge: string | undefined;
}

/**
 * What every sink promises that hands messages on: the contract of `Sink`, as a consumer sees it. Each case
 * has stages, buckets and chunks of its own, as whoever writes one does.
 */
export const messageContract: readonly ContractCase<MessageSinkSubject>[] = [
  {
    name: 'hands on an output of each shape with all its fields',
    async run(subject) {
      const { write, of } = begin(subject);
      const event = { id: of('event'), n: 1 };
      await write([
        ...chunk(0, [
          outputOf(of('final'), { windowStart: -60_000, windowEnd: 0, value: 7 }),
          outputOf(of('revised'), { final: false, revision: 2, old: 3, early: true }),
          outputOf(of('gone'), { final: false, revision: 3, old: 3, retracted: true }),
        ]),
        ...chunk(1, [
          outputOf(of('row'), { shape: 'changes', final: false, windowStart: 5, value: 2, old: 1 }),
          outputOf(of('any'), { shape: 'events', value: event }),
        ]),
      ]);
      const place = { windowStart: 0, windowEnd: 1_000, value: 1 };
      assert.deepEqual(await messagesOf(subject, of('')), [
        event,
        { key: of('final'), windowStart: -60_000, windowEnd: 0, value: 7 },
        { key: of('gone'), ...place, revision: 3, old: 3, retracted: true },
        { key: of('revised'), ...place, revision: 2, old: 3, early: true },
        { key: of('row'), time: 5, value: 2, old: 1 },
      ]);
    },
  },
  {
    name: 'hands on nothing for no output',
    async run(subject) {
      await subject.open().write([]);
    },
  },
  {
    name: 'hands on an output once that is written again and again',
    async run(subject) {
      const { write, of } = begin(subject);
      const outputs = chunk(0, [outputOf(of('a')), outputOf(of('b'))]);
      await write(outputs);
      await write(outputs);
      await begin(subject, of('')).write(outputs.map((output) => ({ ...output })));
      assert.deepEqual(await messagesOf(subject, of('')), told(outputs));
    },
  },
  {
    name: 'hands on a chunk once that comes again after the next one',
    async run(subject) {
      const { write, of } = begin(subject);
      const first = chunk(0, [outputOf(of('a')), outputOf(of('b'))]);
      const next = chunk(1, [outputOf(of('a'), { windowStart: 500 })]);
      await write([...first, ...next]);
      await write(first);
      await write([...first, ...next]);
      assert.deepEqual(await messagesOf(subject, of('')), told([...first, ...next]));
    },
  },
  {
    name: 'keeps apart what differs in stage, bucket, slot, chunk or index',
    async run(subject) {
      const { write, of } = begin(subject);
      const outputs = [
        outputOf(of('k'), { value: 'chunk' }),
        outputOf(of('k'), { value: 'index', index: 1 }),
        outputOf(of('k'), { value: 'next chunk', chunk: 1 }),
        outputOf(of('k'), { value: 'slot', slot: 2_000 }),
        outputOf(of('k'), { value: 'bucket', bucket: 1 }),
        outputOf(of('k'), { value: 'stage', stage: 'other' }),
      ];
      await write(outputs);
      await write(outputs);
      assert.deepEqual(await messagesOf(subject, of('')), told(outputs));
    },
  },
  {
    name: 'hands on the outputs of a key in their order',
    async run(subject) {
      const { write, of } = begin(subject);
      const outputs = [0, 1, 2].flatMap((at) =>
        chunk(
          at,
          ['a', 'b'].flatMap((key) =>
            [0, 1, 2].map((index) => outputOf(of(key), { index, value: at * 10 + index })),
          ),
        ),
      );
      await write(outputs);
      const values = async (key: string) =>
        (await subject.messages())
          .filter((message) => isOf(message, of(key)))
          .map((message) => (message as { value: unknown }).value);
      for (const key of ['a', 'b']) {
        assert.deepEqual(await values(key), [0, 1, 2, 10, 11, 12, 20, 21, 22]);
      }
    },
  },
  {
    name: 'takes many outputs at once',
    async run(subject) {
      const { write, of } = begin(subject);
      const keys = Array.from({ length: 1_100 }, (_, n) => of(String(n)));
      const outputs = chunk(
        0,
        keys.map((key) => outputOf(key)),
      );
      await write(outputs);
      assert.deepEqual(await messagesOf(subject, of('')), told(outputs));
    },
  },
  {
    name: 'hands on every kind of value',
    async run(subject) {
      const { write, of } = begin(subject);
      const outputs = VALUES.map((value, n) => outputOf(of(String(n)), { value }));
      await write(chunk(0, outputs));
      assert.deepEqual(await messagesOf(subject, of('')), told(outputs));
    },
  },
  {
    name: 'takes keys of every kind and length',
    async run(subject) {
      const { write, of } = begin(subject);
      const keys = ['', ' #/?=%', '☃ 😀', 'x'.repeat(900)].map(of);
      const outputs = keys.map((key) => outputOf(key));
      await write(chunk(0, outputs));
      assert.deepEqual(await messagesOf(subject, of('')), told(outputs));
    },
  },
  {
    name: 'says what is too large, or sets it aside and goes on',
    async run(subject) {
      const { tooLarge } = subject;
      if (tooLarge === undefined) return;
      const { write, of } = begin(subject);
      const large = outputOf(of('large'), { value: tooLarge });
      const outputs = chunk(0, [outputOf(of('a')), large, outputOf(of('b'))]);
      await assert.rejects(write(outputs), LimitError);
      const letters = memoryDeadLetters();
      await begin(subject, of(''), letters).write(outputs);
      await begin(subject, of(''), letters).write(outputs);
      assert.deepEqual(
        letters.letters().map(({ reason }) => reason),
        ['VALUE'],
      );
      assert.deepEqual(
        await messagesOf(subject, of('')),
        told(outputs.filter(({ value }) => value !== tooLarge)),
      );
    },
  },
  {
    name: 'refuses to write once the signal aborts, and the sink it was made from goes on',
    async run(subject) {
      const { write, of, sink } = begin(subject);
      const deadline = new AbortController();
      const bounded = sink.until(deadline.signal);
      const [first, second, third] = ['a', 'b', 'c'].map((key, n) => chunk(n, [outputOf(of(key))]));
      assert.ok(first && second && third);
      const named = (outputs: readonly Output[]) =>
        outputs.map((output) => inStage(of(''), output));
      await bounded.write(named(first));
      deadline.abort();
      await assert.rejects(bounded.write(named(second)), DeadlineError);
      const open = new AbortController().signal;
      await assert.rejects(bounded.until(open).write(named(second)), DeadlineError);
      await write(third);
      assert.deepEqual(await messagesOf(subject, of('')), told([...first, ...third]));
    },
  },
];

/** A writer of outputs of a case's own: its stage and its keys begin with a name that no other has. */
function begin(
  subject: MessageSinkSubject,
  name = uniqueName(),
  letters?: ReturnType<typeof memoryDeadLetters>,
) {
  const sink = subject.open(letters);
  return {
    sink,
    of: (key: string): string => `${name}${key}`,
    write: (outputs: readonly Output[]) => sink.write(outputs.map((one) => inStage(name, one))),
  };
}

const inStage = (name: string, output: Output): Output => ({
  ...output,
  stage: `${output.stage}-${name}`,
});

const chunk = (at: number, outputs: readonly Output[]): Output[] =>
  outputs.map((output) => ({ ...output, chunk: at }));

const told = (outputs: readonly Output[]): unknown[] => sorted(outputs.map(asRead));

/** As it is after JSON. */
const asRead = (output: Output): unknown => JSON.parse(JSON.stringify(messageOf(output)));

async function messagesOf(subject: MessageSinkSubject, name: string): Promise<unknown[]> {
  return sorted(
    (await subject.messages()).filter((message) => JSON.stringify(message).includes(name)),
  );
}

const isOf = (message: unknown, key: string): boolean =>
  (message as { key?: string } | null)?.key === key;

const sorted = (messages: readonly unknown[]): unknown[] =>
  [...messages].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
