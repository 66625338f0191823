import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { combine, pipeline, SECONDS, TumblingWindow, table } from '../../../src/index.ts';
import { fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import { testDriver } from '../../../src/testing/index.ts';
import { sinksOf } from '../../../src/topology/plan.ts';
import { type LocalServers, localPipeline, startServers } from '../../support/local-pipeline.ts';
import { resultsOf, workplace } from '../batch/workplace.ts';

const PLAIN = 'give null, booleans, texts, numbers, lists or plain objects';

/** What functions of a pipeline may give, and what all tables of all runtimes have of it. */
const ROWS: readonly (readonly [given: () => unknown, row: unknown])[] = [
  [() => null, null],
  [() => true, true],
  [() => 'text', 'text'],
  [() => 1.5, 1.5],
  [() => -0, 0],
  [() => Number.NaN, null],
  [() => Number.NEGATIVE_INFINITY, null],
  [() => ({ deep: [Number.NaN, -0] }), { deep: [null, 0] }],
  [() => ({ a: 1, left: undefined, b: { left: undefined } }), { a: 1, b: {} }],
  [() => Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [() => [], []],
  [() => [1, undefined, [undefined]], [1, null, [null]]],
  [() => new Array(1), [null]],
];

/** And what none of them takes: what it is, where, and what to do about it. */
const REFUSED: readonly (readonly [
  given: () => unknown,
  what: string,
  at: string,
  hint: string,
])[] = [
  [() => 1n, 'bigint', '', 'make it text with String(x)'],
  [() => ({ total: [2, 1n] }), 'bigint', 'total.1', 'make it text with String(x)'],
  [() => ({ at: new Date(0) }), 'a Date', 'at', 'make it text with toISOString()'],
  [() => new Map([[1, 2]]), 'a Map', '', 'make it a list with [...x]'],
  [() => [new Set([1])], 'a Set', '0', 'make it a list with [...x]'],
  [() => ({ bytes: new Uint8Array(1) }), 'a Uint8Array', 'bytes', PLAIN],
  [() => ({ f: () => 1 }), 'function', 'f', PLAIN],
  [() => new (class Money {})(), 'a Money', '', PLAIN],
];

const GIVEN = [...ROWS, ...REFUSED].map(([given]) => given);
const made = (n: number): unknown => GIVEN[n]?.();

/** Each of them by every way to a table. */
function plan() {
  const events = pipeline('values').stream('events', {
    schema: z.object({ n: z.number(), at: z.number() }),
    timestamp: ({ at }) => at,
    outOfOrderness: 0,
    maxDelay: 1 * SECONDS,
  });
  const keyed = events.keyBy(({ n }) => n);
  const own = {
    name: 'own',
    create: () => -1,
    add: (_: number, { n }: { readonly n: number }) => n,
    merge: Math.max,
    finish: made,
  };
  const windows = keyed.window(TumblingWindow.of(10, SECONDS));
  const counts = windows.count({ name: 'counts' });
  return combine(
    events.map(({ n }) => ({ n, made: made(n) })).to(table('relayed')),
    windows.aggregate(own, { name: 'aggregated' }).to(table('aggregated')),
    counts.map(({ key }) => made(Number(key))).to(table('mapped')),
    counts.flatMap(({ key }) => [{ n: Number(key), made: made(Number(key)) }]).to(table('told')),
    keyed.aggregate(own, { name: 'rows' }).to(table('rows')),
  );
}

const EVENTS = GIVEN.map((_, n) => ({ n, at: n }));

/** What stands in each table, by the number of the value, and what is said in dead letters. */
interface Seen {
  readonly tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly letters: readonly string[];
}

interface Row {
  readonly key: string;
  readonly value: unknown;
}

interface Letter {
  readonly reason: string;
  readonly detail: string;
}

const place = workplace();
let servers: LocalServers;
beforeAll(async () => {
  servers = await startServers();
}, 60_000);
afterAll(() => servers.stop());

const RUNTIMES: Readonly<Record<string, () => Promise<Seen>>> = {
  async 'the test driver'() {
    const driver = testDriver(plan());
    await driver.send(...EVENTS);
    await driver.end();
    const rowsOf = (sink: string, shape: string): readonly Row[] => {
      if (shape === 'windows') return driver.results(sink);
      if (shape === 'events') return driver.events(sink);
      return [...driver.rows(sink)].map(([key, value]) => ({ key, value }));
    };
    return seen(async (sink, shape) => rowsOf(sink, shape), driver.deadLetters());
  },
  async 'a batch'() {
    const output = place.output();
    await runBatch(plan(), { inputs: { events: [fileLane(place.write(EVENTS))] }, output });
    const letters = resultsOf(output, 'dead-letters.jsonl') as Letter[];
    return seen(async (sink) => resultsOf(output, `${sink}.jsonl`) as Row[], letters);
  },
  async DynamoDB() {
    const local = await localPipeline(servers, plan());
    await local.put('events', [EVENTS]);
    await local.run(60 * SECONDS);
    return seen((sink) => local.rows(sink), await local.letters());
  },
};

/** Tables of events, which say themselves which one it is. */
const WRAPPED = ['relayed', 'told'];

async function seen(
  rowsOf: (sink: string, shape: string) => Promise<readonly Row[]>,
  letters: readonly Letter[],
): Promise<Seen> {
  const tables: Record<string, Record<string, unknown>> = {};
  for (const { sink, shape } of sinksOf(plan())) {
    const rows = await rowsOf(sink.name, shape);
    tables[sink.name] = Object.fromEntries(
      rows.map(({ key, value }) => {
        if (!WRAPPED.includes(sink.name)) return [key, value];
        const { n, made: own } = value as { readonly n: number; readonly made: unknown };
        return [String(n), own];
      }),
    );
  }
  return { tables, letters: letters.map(({ reason, detail }) => `${reason} ${detail}`).sort() };
}

test.each(Object.entries(RUNTIMES))(
  'what functions give is the same in %s',
  async (_, run) => {
    const { tables, letters } = await run();
    const rows = Object.fromEntries(ROWS.map(([, row], n) => [String(n), row]));
    // A row of a table is never null: that is no row.
    const { 0: __, ...some } = rows;
    expect(tables).toEqual({
      relayed: rows,
      aggregated: rows,
      mapped: rows,
      told: rows,
      rows: some,
    });
    const said = REFUSED.flatMap(([, what, at, hint]) => {
      const wrapped = ['made', ...(at === '' ? [] : [at])].join('.');
      return [at, at, at, wrapped, wrapped].map(
        (place) =>
          `VALUE a result holds ${what}${place && ` at ${place}`}, which is no JSON: ${hint}`,
      );
    });
    expect(letters).toEqual(said.sort());
  },
  60_000,
);

const said = (made: readonly unknown[]) =>
  pipeline('values')
    .stream('events', {
      schema: z.object({ n: z.number() }),
      timestamp: ({ n }) => n,
      outOfOrderness: 0,
      maxDelay: 1 * SECONDS,
    })
    .map(({ n }) => made[n])
    .to(table('told'));

test('what contains itself, or is nothing at all, is refused as well', async () => {
  const round: { self?: unknown } = {};
  round.self = round;
  const driver = testDriver(said([round, undefined]));
  await driver.send({ n: 0 }, { n: 1 });
  await driver.end();
  expect(driver.events()).toEqual([]);
  expect(driver.deadLetters()).toMatchObject([
    { number: 0, reason: 'VALUE', detail: 'a result is more than 31 deep, or contains itself' },
    { number: 1, reason: 'VALUE', detail: `a result holds undefined, which is no JSON: ${PLAIN}` },
  ]);
});

/** As many lists and objects in one another. */
const nested = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((part, _, n) => (n % 2 ? [part] : { part }), 1);

const NAMELESS = 'whose name is empty, too long or no text, which no table can hold';
const SMALL = [{ nested: nested(30) }, 'é'.repeat(199_000), { ['n'.repeat(65_535)]: 1 }];
const TOO_MUCH: readonly (readonly [made: unknown, detail: string])[] = [
  [{ nested: nested(31) }, 'a result is more than 31 deep, or contains itself'],
  [{ tags: { '': 1 } }, `a result has a property at tags ${NAMELESS}`],
  [{ ['n'.repeat(65_536)]: 1 }, `a result has a property ${NAMELESS}`],
  ['é'.repeat(200_000), 'a result takes 400000 bytes, and a row has room for 399360'],
  [new Array(200_000).fill(1), 'a result takes 600003 bytes, and a row has room for 399360'],
];

test('what no item of DynamoDB can hold is set aside, and what it just can hold is told', async () => {
  const values = [...SMALL, ...TOO_MUCH.map(([made]) => made)];
  const events = values.map((_, n) => ({ n }));
  const plan = said(values);
  const driver = testDriver(plan);
  await driver.send(...events);
  await driver.end();
  // By their texts: one that is not alike would be shown letter by letter.
  const texts = driver.events().map(({ value }) => JSON.stringify(value));
  expect(texts.map(({ length }) => length)).toEqual(
    SMALL.map((made) => JSON.stringify(made).length),
  );
  const details = TOO_MUCH.map(([, detail]) => detail);
  expect(driver.deadLetters().map(({ detail }) => detail)).toEqual(details);
  const local = await localPipeline(servers, plan);
  await local.put('events', [events]);
  await local.run(60 * SECONDS);
  expect(await local.rows('told')).toHaveLength(SMALL.length);
  expect(await local.letters()).toHaveLength(TOO_MUCH.length);
});

test('a row that has no room for what was said before leaves that out', async () => {
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(300_000));
  const plan = pipeline('values')
    .stream('events', {
      schema: z.object({ n: z.number() }),
      timestamp: ({ n }) => n * SECONDS,
      outOfOrderness: 0,
      maxDelay: 1 * SECONDS,
    })
    .keyBy(() => 'one')
    .max(({ n }) => n)
    .mapValues((n) => (n < 3 ? texts[n] : 'short'))
    .to(table('told'));
  const local = await localPipeline(servers, plan);
  await local.put('events', [[0, 1, 2, 3].map((n) => ({ n }))]);
  await local.run(60 * SECONDS);
  expect(await local.rows('told')).toMatchObject([{ value: 'short', old: texts[2] }]);
  expect(await local.letters()).toEqual([]);
});
