import { describe, expect, test } from 'vitest';
import { count, max, sum } from '../../src/index.ts';
import { foreignKeyJoin } from '../../src/operators/foreign-key-join.ts';
import { groupedRows } from '../../src/operators/grouped-rows.ts';
import { newestAnswers } from '../../src/operators/newest-answers.ts';
import type { KeyedFiring, Operator, Result } from '../../src/operators/operator.ts';
import { isSame } from '../../src/operators/row-change.ts';
import { running } from '../../src/operators/running.ts';
import { tableJoin } from '../../src/operators/table-join.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import { random } from '../support/random.ts';

/** An event of a slot: when it happened, and by which side it came in. */
type Given = readonly [time: number, event: unknown, side?: number];

const SLOT = 10_000;
const RESOLUTION = 1_000;

/**
 * Fires slots one after the other. What a slot has comes in the order of its lane, but is merged in any
 * order; everything is stored in between.
 */
function fired(operator: Operator, slots: readonly (readonly Given[])[], seed = 1): Result[][] {
  const chance = random(seed);
  const firing = operator.firing as KeyedFiring<unknown, unknown>;
  let state: unknown;
  return slots.map((events, i) => {
    const slot = SLOT + i * RESOLUTION;
    const parts = events.map(([time, event, side = 0], index) => {
      const origin = { lane: 'a', position: String(100 + i), index };
      return operator.add(operator.create(), event, time, origin, side);
    });
    const mixed = parts.map((part) => [chance.next(), part] as const).sort(([a], [b]) => a - b);
    const merged = mixed.reduce<unknown>(
      (into, [, part]) => operator.merge(into, stored(operator.codec, part, slot)),
      operator.create(),
    );
    const after = firing.fire(state, merged, slot, RESOLUTION, { key: 'k', inputEnded: false });
    expect(after.timers).toEqual([]);
    state = after.state === undefined ? undefined : stored(firing.stateCodec, after.state, slot);
    return [...after.results];
  });
}

function stored<T>(codec: Operator<unknown, T>['codec'], value: T, slot: number): T {
  const writer = new ByteWriter();
  codec.write(value, writer, slot);
  const reader = new ByteReader(writer.bytes().slice());
  const back = codec.read(reader, slot);
  expect(reader.done).toBe(true);
  return back;
}

/** `old > new @time #revision`, of each slot. */
const shown = (slots: readonly (readonly Result[])[]): string[][] =>
  slots.map((results) =>
    results.map(
      ({ old, value, windowStart, revision, retracted }) =>
        `${text(old)} > ${retracted ? 'gone' : text(value)} @${windowStart} #${revision}`,
    ),
  );

const text = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));

const SEEDS = [1, 2, 3, 4, 5];

test.each(SEEDS)('a running aggregate tells a slot once, at its last instant (%i)', (seed) => {
  const operator = running(max((n: number) => n)) as Operator;
  const slots = [
    [
      [9_100, 3],
      [9_900, 7],
    ],
    [[9_500, 5]],
    [[11_000, 8]],
  ] as const;
  expect(shown(fired(operator, slots, seed))).toEqual([[' > 7 @9999 #0'], [], ['7 > 8 @11999 #1']]);
});

describe('rows in a group', () => {
  const put = (key: string, row: number) => ({ key, row });
  const take = (key: string, row: number) => ({ key, row, leaves: true });
  const slots: Given[][] = [
    [
      [9_100, put('a', 5)],
      [9_200, put('b', 7)],
      [9_200, take('b', 7)],
      [9_200, put('b', 3)],
    ],
    [
      [10_300, take('a', 5)],
      [10_300, put('a', 3)],
      [10_400, take('b', 3)],
    ],
    [
      [11_000, take('a', 3)],
      [11_000, put('a', 3)],
    ],
    [[12_000, take('a', 3)]],
    [
      [13_000, put('a', 1)],
      [13_500, take('a', 1)],
    ],
    [[14_000, put('c', 2)]],
  ];

  test.each(SEEDS)('what they come to is told once a slot (%i)', (seed) => {
    const total = groupedRows(sum((n: number) => n)) as Operator;
    expect(shown(fired(total, slots, seed))).toEqual([
      [' > 8 @9999 #0'],
      ['8 > 3 @10999 #1'],
      [],
      ['3 > gone @12999 #2'],
      [],
      [' > 2 @14999 #0'],
    ]);
  });

  test.each(SEEDS)('also where the rows are gone over again (%i)', (seed) => {
    const most = groupedRows(max((n: number) => n)) as Operator;
    expect(shown(fired(most, slots, seed))).toEqual([
      [' > 5 @9999 #0'],
      ['5 > 3 @10999 #1'],
      [],
      ['3 > gone @12999 #2'],
      [],
      [' > 2 @14999 #0'],
    ]);
  });

  test('of rows without anything to add up, how many there are', () => {
    expect(shown(fired(groupedRows(count()) as Operator, slots))[0]).toEqual([' > 2 @9999 #0']);
  });
});

describe('two tables', () => {
  const slots: Given[][] = [
    [
      [9_100, { value: 'l1' }],
      [9_200, { value: 'r1' }, 1],
      [9_300, { value: 'l2' }],
    ],
    // Late, and the one before the latest known on its side: nothing.
    [
      [8_000, { value: 'r0' }, 1],
      [9_250, { value: 'l0' }],
    ],
    // Late, but the latest: it takes effect when it is known.
    [[9_350, { value: undefined }]],
    [
      [12_000, { value: undefined }, 1],
      [12_500, { value: 'l3' }],
    ],
  ];

  test.each(SEEDS)('the latest rows of both, in event time (%i)', (seed) => {
    expect(shown(fired(tableJoin('outer') as Operator, slots, seed))).toEqual([
      [
        ' > {"left":"l1","right":null} @9100 #0',
        '{"left":"l1","right":null} > {"left":"l1","right":"r1"} @9200 #1',
        '{"left":"l1","right":"r1"} > {"left":"l2","right":"r1"} @9300 #2',
      ],
      [],
      ['{"left":"l2","right":"r1"} > {"left":null,"right":"r1"} @11000 #3'],
      ['{"left":null,"right":"r1"} > gone @12000 #4', ' > {"left":"l3","right":null} @12500 #5'],
    ]);
  });
});

test.each(SEEDS)('a right row answers those that are subscribed (%i)', (seed) => {
  const wants = (key: string, way: 'to' | 'off' | 'none', row?: string) => ({ key, way, row });
  const slots: Given[][] = [
    [
      [9_100, wants('a', 'to', 'A')],
      [9_200, { value: 'r' }, 1],
      [9_300, wants('b', 'to', 'B')],
    ],
    [
      [10_000, wants('a', 'off')],
      [10_100, { value: 'r' }, 1],
      [10_200, { value: 's' }, 1],
    ],
    [
      [8_000, { value: 'late' }, 1],
      [11_000, wants('c', 'none', 'C')],
      [11_500, { value: undefined }, 1],
    ],
  ];
  const told = fired(foreignKeyJoin('left') as Operator, slots, seed).map((results) =>
    results.map(({ value, windowStart }) => {
      const { key, since, row } = value as Answer;
      return `${key} ${since.position}.${since.index} ${row?.left},${row?.right} @${windowStart}`;
    }),
  );
  expect(told).toEqual([
    ['a 100.0 A,null @9100', 'a 100.0 A,r @9200', 'b 100.2 B,r @9300'],
    ['b 100.2 B,s @10200'],
    ['c 102.1 C,null @11000', 'b 100.2 B,null @11500'],
  ]);
});

test('what comes late is answered when it is known, and told so', () => {
  const wants: Given = [9_100, { key: 'a', way: 'to', row: 'A' }];
  const late: Given = [8_000, { value: 'r' }, 1];
  const times = fired(foreignKeyJoin('inner') as Operator, [[wants], [late]]).map((results) =>
    results.map(({ windowStart }) => windowStart),
  );
  expect(times).toEqual([[9_100], [10_000]]);
  const answer: Given = [8_000, { key: 'a', since: { position: '1', index: 0 }, row: 'A' }];
  expect(shown(fired(newestAnswers() as Operator, [[], [answer]]))).toEqual([
    [],
    [' > "A" @10000 #0'],
  ]);
});

interface Answer {
  readonly key: string;
  readonly since: { readonly position: string; readonly index: number };
  readonly row?: { readonly left: string; readonly right: string | null };
}

test.each(SEEDS)('the answer to the latest change of a row stands (%i)', (seed) => {
  const answer = (position: string, index: number, row?: string) => ({
    key: 'a',
    since: { position, index },
    ...(row === undefined ? {} : { row }),
  });
  const slots: Given[][] = [
    [
      [9_100, answer('101', 0, 'one')],
      [9_300, answer('101', 4)],
      [9_300, answer('101', 0, 'stale')],
    ],
    [
      [10_100, answer('102', 9, 'two')],
      [10_200, answer('102', 9, 'three')],
    ],
    [
      [11_000, answer('102', 10, 'three')],
      [11_000, answer('102', 9, 'stale')],
    ],
    [[12_000, answer('103', 0)]],
  ];
  expect(shown(fired(newestAnswers() as Operator, slots, seed))).toEqual([
    [' > "one" @9100 #0', '"one" > gone @9300 #1'],
    [' > "two" @10100 #0', '"two" > "three" @10200 #1'],
    [],
    ['"three" > gone @12000 #2'],
  ]);
});

test.each<[unknown, unknown, boolean]>([
  [1, 1, true],
  [Number.NaN, Number.NaN, true],
  [0, -0, false],
  ['1', 1, false],
  [null, undefined, false],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1, c: undefined }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [new Date(0), new Date(0), false],
])('%j and %j are the same: %s', (a, b, same) => {
  expect(isSame(a, b)).toBe(same);
  expect(isSame(b, a)).toBe(same);
});
