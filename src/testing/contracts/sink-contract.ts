import assert from 'node:assert/strict';
import { DeadlineError } from '../../errors.ts';
import type { Row } from '../../sinks/row.ts';
import type { Output, Sink } from '../../sinks/sink.ts';
import { type ContractCase, uniqueName } from './contract.ts';
import { outputOf, VALUES } from './contract-output.ts';

/** A sink that shows one row for each key and window, and a way to read the rows back. */
export interface TableSinkSubject {
  readonly sink: Sink;
  rows(): Promise<readonly Row[]>;
}

/** What every sink that is a table promises. */
export const sinkContract: readonly ContractCase<TableSinkSubject>[] = [
  {
    name: 'shows an output with all its fields',
    async run(subject) {
      const key = uniqueName();
      const output = outputOf(key, { windowStart: -60_000, windowEnd: 0, value: 7, revision: 3 });
      await subject.sink.write([output]);
      assert.deepEqual(await rowsOf(subject, key), [rowOf(output)]);
    },
  },
  {
    name: 'writes nothing for no output',
    async run({ sink }) {
      await sink.write([]);
    },
  },
  ...[true, false].map((final) => ({
    name: `shows an output once that is written twice (${final ? 'final' : 'with revisions'})`,
    async run(subject: TableSinkSubject) {
      const key = uniqueName();
      const output = outputOf(key, { final });
      await subject.sink.write([output, { ...output }]);
      await subject.sink.write([output]);
      assert.deepEqual(await rowsOf(subject, key), [rowOf(output)]);
    },
  })),
  {
    name: 'shows the greatest position, whatever the order of writing',
    async run(subject) {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
        [2, 0, 1],
      ]) {
        const key = uniqueName();
        const revisions = revisionsOf(key);
        for (const at of order) await subject.sink.write(revisions.slice(at, at + 1));
        assert.deepEqual((await rowsOf(subject, key)).map(textOf), ['2: third'], order.join());
      }
    },
  },
  {
    name: 'shows the greatest position of one write',
    async run(subject) {
      const key = uniqueName();
      const [first, second, third] = revisionsOf(key);
      assert.ok(first && second && third);
      await subject.sink.write([second, third, first]);
      assert.deepEqual((await rowsOf(subject, key)).map(textOf), ['2: third']);
    },
  },
  {
    name: 'compares positions by their UTF-8 bytes',
    async run(subject) {
      const key = uniqueName();
      await subject.sink.write([outputOf(key, { value: 'newer', position: '\u{10000}' })]);
      await subject.sink.write([outputOf(key, { value: 'older', position: '\uffff' })]);
      assert.deepEqual((await rowsOf(subject, key)).map(textOf), ['0: newer']);
    },
  },
  {
    name: 'keeps windows and keys apart',
    async run(subject) {
      const key = uniqueName();
      const outputs = [0, 1_000, 10_000].map((windowStart) =>
        outputOf(key, { windowStart, windowEnd: windowStart + 1_000, value: windowStart }),
      );
      const other = outputOf(`${key}#0`, { value: 'other' });
      await subject.sink.write([...outputs, other]);
      assert.deepEqual(await rowsOf(subject, key), outputs.map(rowOf));
      assert.deepEqual(await rowsOf(subject, `${key}#0`), [rowOf(other)]);
    },
  },
  {
    name: 'takes many outputs at once, final ones and others',
    async run(subject) {
      const key = uniqueName();
      const outputs = Array.from({ length: 120 }, (_, at) =>
        outputOf(key, { windowStart: at, windowEnd: at + 1, value: at, final: at % 3 > 0 }),
      );
      await subject.sink.write(outputs);
      assert.deepEqual(await rowsOf(subject, key), outputs.map(rowOf));
    },
  },
  {
    name: 'keeps every kind of value',
    async run(subject) {
      for (const value of VALUES) {
        const key = uniqueName();
        await subject.sink.write([
          outputOf(key, { value }),
          outputOf(`${key}-b`, { value, final: false }),
        ]);
        assert.deepEqual(await rowsOf(subject, key), [rowOf(outputOf(key, { value }))]);
        assert.deepEqual((await rowsOf(subject, `${key}-b`))[0]?.value, value);
      }
    },
  },
  {
    name: 'refuses to write once the signal aborts, and the sink it was made from goes on',
    async run(subject) {
      const key = uniqueName();
      const deadline = new AbortController();
      const bounded = subject.sink.until(deadline.signal);
      await bounded.write([outputOf(key, { value: 'first' })]);
      deadline.abort();
      const metered = bounded.metered?.(() => {}) ?? bounded;
      for (const final of [true, false]) {
        const late = [outputOf(key, { windowStart: 5, final })];
        await assert.rejects(bounded.write(late), DeadlineError);
        await assert.rejects(metered.write(late), DeadlineError);
        const open = new AbortController().signal;
        await assert.rejects(bounded.until(open).write(late), DeadlineError);
      }
      await subject.sink.write([outputOf(key, { windowStart: 7, value: 'second' })]);
      assert.deepEqual((await rowsOf(subject, key)).map(textOf), ['0: first', '0: second']);
    },
  },
];

/** Three results of one window, each of which replaces the one before. */
function revisionsOf(key: string): Output[] {
  return ['first', 'second', 'third'].map((value, revision) =>
    outputOf(key, { value, revision, position: `p000${revision}#0`, final: false }),
  );
}

async function rowsOf(subject: TableSinkSubject, key: string): Promise<Row[]> {
  const rows = (await subject.rows()).filter((row) => row.key === key);
  return rows.map(rowOf).sort((a, b) => a.windowStart - b.windowStart);
}

const rowOf = ({ key, windowStart, windowEnd, value, revision, position }: Row): Row => ({
  key,
  windowStart,
  windowEnd,
  value,
  revision,
  position,
});

const textOf = ({ revision, value }: Row): string => `${revision}: ${value}`;
