import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  type AuditEntry,
  combine,
  count,
  type EvolveOptions,
  evolution,
  history,
  lateEvents,
  pipeline,
  replay,
  SECONDS,
  TumblingWindow,
  table,
  UserFunctionError,
} from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import { random } from '../support/random.ts';

interface Deed {
  readonly at: number;
  readonly key: string;
  readonly text: string;
}

/** A state is the texts of all events so far; `close` deletes it, `skip` changes nothing. */
const journal = evolution<Deed, { texts: string[] }>({
  initial: { texts: [] },
  apply(state, { text }) {
    if (text === 'close') return undefined;
    if (text !== 'skip') state.texts.push(text);
    return state;
  },
});

type Options = Partial<EvolveOptions<Deed, { texts: string[] }>>;
type Entry = AuditEntry<Deed, { texts: string[] }>;

const deeds = (outOfOrderness = 0) =>
  pipeline('test')
    .stream('deeds', {
      schema: z.object({ at: z.number(), key: z.string().default('k'), text: z.string() }),
      timestamp: (deed) => deed.at,
      outOfOrderness,
    })
    .keyBy((deed) => deed.key);

const journals = (options: Options = {}, outOfOrderness = 0) =>
  deeds(outOfOrderness).evolve({ ...journal, name: 'journals', resolution: 10, ...options });

function driven(options?: Options, outOfOrderness?: number, lanes = 1): TestDriver {
  const evolved = journals(options, outOfOrderness);
  const plan = combine(evolved.to(table('states')), evolved.audit().to(table('audit')));
  return testDriver(plan, { lanes });
}

/** `12a` happens at 12. */
const parsed = (text: string) =>
  text
    .split(' ')
    .map((word) => ({ at: Number.parseInt(word, 10), text: word.replace(/^\d+/, '') }));

const show = (state: unknown): string =>
  (state as { texts: string[] } | undefined)?.texts.join('') ?? '-';

const changesOf = (driver: TestDriver): string[] =>
  driver
    .takeOutputs('states')
    .map(({ windowStart, old, value }) => `${windowStart}:${show(old)}>${show(value)}`);

describe('changes', () => {
  test.each`
    lateness | events                | changes                                  | late | what
    ${0}     | ${'1a 2b 12c'}        | ${'1:->a 2:a>ab 12:ab>abc'}              | ${0} | ${'one an event, with the old state'}
    ${0}     | ${'2b 1a'}            | ${'1:->a 2:a>ab'}                        | ${0} | ${'come in event time'}
    ${0}     | ${'1a 1b 1c'}         | ${'1:->a 1:a>ab 1:ab>abc'}               | ${0} | ${'of one time in the order of the log'}
    ${0}     | ${'1a 2skip'}         | ${'1:->a 2:a>a'}                         | ${0} | ${'are told also where the state stays the same'}
    ${0}     | ${'1a 2close 3b'}     | ${'1:->a 2:a>- 3:->b'}                   | ${0} | ${'a deleted state begins anew'}
    ${0}     | ${'1close 2a 3close'} | ${'2:->a 3:a>-'}                         | ${0} | ${'deleting nothing changes nothing'}
    ${0}     | ${'12a 9b 20c'}       | ${'12:->a 20:a>ac'}                      | ${1} | ${'late events are dropped'}
    ${20}    | ${'12a 20c 9b'}       | ${'12:->a 20:a>ba 20:ba>bac'}            | ${0} | ${'a late event takes its place, and what was told is corrected'}
    ${20}    | ${'12a 9b 20c'}       | ${'10:->b 12:b>ba 20:ba>bac'}            | ${0} | ${'what is late before anything was told comes first'}
    ${20}    | ${'12a 31c 19b 11b'}  | ${'12:->a 30:a>bab 31:bab>babc'}         | ${0} | ${'several late events make one change'}
    ${20}    | ${'12a 20c 9close'}   | ${'12:->a 20:a>ac'}                      | ${0} | ${'nothing is told where a late event changes nothing'}
    ${20}    | ${'12a 20c 13close'}  | ${'12:->a 20:a>- 20:->c'}                | ${0} | ${'a late event may delete'}
    ${20}    | ${'12close 20c 9b'}   | ${'20:->c'}                              | ${0} | ${'a late event may be deleted'}
    ${20}    | ${'2a 29c 9b 40d'}    | ${'2:->a 20:a>ab 29:ab>abc 40:abc>abcd'} | ${0} | ${'an event is taken while the slot of its time and the lateness is open'}
    ${20}    | ${'2a 30c 9b 40d'}    | ${'2:->a 30:a>ac 40:ac>acd'}             | ${1} | ${'and not when that has closed'}
  `('$what', async ({ lateness, events, changes, late }) => {
    const driver = driven({ allowedLateness: lateness });
    for (const event of parsed(events)) await driver.send(event);
    await driver.end();
    expect(changesOf(driver)).toEqual(changes.split(' '));
    expect(driver.late()).toHaveLength(late);
  });

  test('are numbered, and a deleted row is no more', async () => {
    const driver = driven();
    for (const event of parsed('1a 2b 3close')) await driver.send(event);
    await driver.end();
    const told = driver
      .takeOutputs('states')
      .map(({ revision, retracted }) => [revision, retracted]);
    expect(told).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ]);
    expect(driver.rows('states').size).toBe(0);
  });
});

describe('the audit', () => {
  test.each`
    lateness | events                           | entries                                                                                                                                                                                                        | what
    ${0}     | ${'1a 2close 3b'}                | ${'1/1:->a#0 2/2:a>-#0 3/3:->b#0'}                                                                                                                                                                             | ${'has every event'}
    ${0}     | ${'1close 2skip'}                | ${'1/1:->-#0 2/2:->#0'}                                                                                                                                                                                        | ${'also one that changes nothing'}
    ${20}    | ${'12a 15c 20c 13b'}             | ${'12/12:->a#0 15/15:a>ac#0 20/13:a>ab#0 20/15:ab>abc#1 20/20:abc>abcc#0'}                                                                                                                                     | ${'tells a late event when it is known, and those after it anew'}
    ${30}    | ${'12a 20b 31x 11c 41y 10d 51z'} | ${'12/12:->a#0 20/20:a>ab#0 30/11:->c#0 30/12:c>ca#1 30/20:ca>cab#1 31/31:cab>cabx#0 40/10:->d#0 40/11:d>dc#1 40/12:dc>dca#2 40/20:dca>dcab#2 40/31:dcab>dcabx#1 41/41:dcabx>dcabxy#0 51/51:dcabxy>dcabxyz#0'} | ${'numbers what is told anew'}
    ${20}    | ${'12a 15close 17b 20c 13d'}     | ${'12/12:->a#0 15/15:a>-#0 17/17:->b#0 20/13:a>ad#0 20/15:ad>-#1 20/20:b>bc#0'}                                                                                                                                | ${'tells only what is otherwise now'}
  `('$what', async ({ lateness, events, entries }) => {
    const driver = driven({ allowedLateness: lateness });
    for (const event of parsed(events)) await driver.send(event);
    await driver.end();
    const told = driver.takeOutputs('audit').map(({ windowStart, value }) => {
      const { time, event, before, after, revision, key } = value as Entry;
      expect({ key, at: time }).toEqual({ key: 'k', at: event.at });
      return `${windowStart}/${time}:${show(before)}>${show(after)}#${revision}`;
    });
    expect(told).toEqual(entries.split(' '));
  });

  test('is a stream like any other, and so are the changes', async () => {
    const evolved = journals();
    const plan = combine(
      evolved
        .audit()
        .filter(({ before }) => before === undefined)
        .keyBy(({ key }) => key)
        .window(TumblingWindow.of(1, SECONDS))
        .aggregate(count(), { name: 'begun' })
        .to(table('begun')),
      evolved
        .changes()
        .filter(({ value }) => value !== undefined)
        .keyBy(({ key }) => key)
        .toTable({ name: 'last', row: ({ value }) => value?.texts.length })
        .to(table('last')),
    );
    const driver = testDriver(plan);
    for (const event of parsed('1a 2b 3close 4c')) await driver.send(event);
    await driver.end();
    expect(driver.results('begun').map(({ value }) => value)).toEqual([2]);
    expect(driver.rows('last')).toEqual(new Map([['k', 1]]));
  });
});

describe('what is remembered', () => {
  test('is nothing once the key is deleted', async () => {
    const driver = driven();
    await driver.send(
      { at: 1, text: 'a' },
      { at: 5, text: 'close' },
      { at: 20, key: 'b', text: 'c' },
    );
    expect(await driver.state('k')).toBeUndefined();
  });

  test('is the state alone when no late event can come any more', async () => {
    const driver = driven({ allowedLateness: 50 });
    await driver.send({ at: 1, text: 'a' }, { at: 15, text: 'b' }, { at: 60, key: 'b', text: 'x' });
    expect(await driver.state('k')).toMatchObject({ base: '{"texts":["a"]}', tail: [{}] });
    await driver.send({ at: 70, key: 'b', text: 'x' });
    const json = '{"texts":["a","b"]}';
    expect(await driver.state('k')).toMatchObject({ base: json, tail: [], json });
    await driver.end();
    expect(changesOf(driver).slice(0, 2)).toEqual(['1:->a', '15:a>ab']);
  });

  test('fits in an item', async () => {
    const driver = driven();
    await driver.send({ at: 1, text: 'x'.repeat(391 * 1024) });
    await expect(driver.end()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

test('an apply that throws holds its bucket with a typed error', async () => {
  const apply = () => JSON.parse('{');
  const driver = driven({ apply });
  await driver.send({ at: 1, text: 'a' });
  const failure = await driver.end().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserFunctionError);
  expect(String(failure)).toContain('apply of stage journals threw SyntaxError at 1970-01-01');
});

const LATENESS = [0, 30 * SECONDS, 200 * SECONDS];

describe.each(LATENESS)('with lateness %i, over lanes', (allowedLateness) => {
  test.each([1, 2, 3, 4, 5, 6])('all is as plain lists say it (seed %i)', async (seed) => {
    const chance = random(seed + allowedLateness);
    const options = { allowedLateness, resolution: 10 * SECONDS };
    const driver = driven(options, 40 * SECONDS, 2);
    const sent: Deed[] = [];
    for (let n = 0; n < 120; n++) {
      const behind = chance.below(chance.chance(0.2) ? 190 : 40);
      const deed = {
        // No two at once: which of them comes first would be for the lanes to say.
        at: (1_000 + n * 7 - behind) * SECONDS + n,
        key: `k${chance.below(3)}`,
        text: chance.chance(0.1) ? 'close' : `${n}.`,
      };
      await driver.lane(chance.below(2)).send(deed);
      sent.push(deed);
    }
    await driver.end();
    const late = new Set(driver.late().map(({ number }) => number));
    expect(late.size > 0).toBe(allowedLateness < 200 * SECONDS);
    expectAsPlain(
      driver,
      sent.filter((_, n) => !late.has(n)),
    );
  });
});

function expectAsPlain(driver: TestDriver, taken: readonly Deed[]): void {
  const way = { timestamp: ({ at }: Deed) => at, keyBy: ({ key }: Deed) => key };
  expect(driver.rows('states')).toEqual(sortedMap(replay(journal, taken, way)));
  const last = new Map<string, unknown>();
  for (const { key, old, value } of driver.takeOutputs('states')) {
    expect(old).toEqual(last.get(key));
    last.set(key, value);
  }
  const newest = new Map<string, Entry>();
  for (const { value } of driver.events('audit')) {
    const entry = value as Entry;
    const id = `${entry.key} ${entry.time}`;
    if ((newest.get(id)?.revision ?? -1) < entry.revision) newest.set(id, entry);
  }
  const entries = [...newest.values()].sort((a, b) => a.time - b.time);
  expect(entries.map((entry) => ({ ...entry, revision: 0 }))).toEqual(history(journal, taken, way));
  const until = taken[Math.floor(taken.length / 2)]?.at ?? 0;
  const then = new Map(
    entries.filter(({ time }) => time <= until).map(({ key, after }) => [key, after] as const),
  );
  for (const [key, state] of then) if (state === undefined) then.delete(key);
  expect(sortedMap(then)).toEqual(sortedMap(replay(journal, taken, { ...way, until })));
}

const sortedMap = <V>(map: ReadonlyMap<string, V>): Map<string, V> =>
  new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

describe('a plan is refused', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no name', { name: undefined }, 'NAME_INVALID'],
    ['no initial state', { initial: undefined }, 'SETTING_INVALID'],
    ['an initial state that is no JSON', { initial: new Map() }, 'SETTING_INVALID'],
    ['no apply', { apply: undefined }, 'SETTING_INVALID'],
    ['an asynchronous apply', { apply: async () => undefined }, 'SETTING_INVALID'],
    ['a lateness below 0', { allowedLateness: -1 }, 'DURATION_INVALID'],
    ['no place for late events', { sideOutput: table('late') }, 'SINK_INVALID'],
  ])('%s', (_, options, code) => {
    expect(() => journals(options as Options)).toThrow(expect.objectContaining({ code }));
  });

  test('a place for late events is taken', () => {
    const { stages } = journals({ sideOutput: lateEvents('late') }).to(table('states'));
    expect(stages[0]?.late.sideOutput?.name).toBe('late');
  });
});
