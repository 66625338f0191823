import * as z from 'zod';
import { combine, type Plan, pipeline, type Table, table } from '../../src/index.ts';
import { type TestDriver, testDriver } from '../../src/testing/index.ts';
import type { Check } from './adapter.ts';
import { difference } from './compare.ts';
import type { Final, Input, Update, Vector } from './vector.ts';
import { NOT_FROM_EVENTS } from './window-settings.ts';

const schema = z.object({ key: z.string(), value: z.string().nullable(), at: z.number() });

const begin = pipeline('conformance');
/** The engines look at every change by itself. */
const each = { resolution: 1 };

const rows = (stream: string): Table<string> =>
  begin
    .stream(stream, { schema, timestamp: ({ at }) => at, outOfOrderness: NOT_FROM_EVENTS })
    .keyBy(({ key }) => key)
    .toTable<string>({ ...each, row: ({ value }) => value });

/** Joins of tables on their keys. */
export const tableJoins = (vector: Vector): Promise<Check[]> =>
  comparedJoin(vector, joinPlan(vector));

function joinPlan({ params }: Vector): Plan {
  const [left, right] = [rows('left'), rows('right')];
  if (params.joinType === 'left') return left.leftJoin(right, each).to(table('rows'));
  if (params.joinType === 'outer') return left.outerJoin(right, each).to(table('rows'));
  return left.join(right, each).to(table('rows'));
}

/** Joins on a foreign key, which is the text before the colon. */
export function foreignKeyJoins(vector: Vector): Promise<Check[]> {
  const [left, right] = [rows('left'), rows('right')];
  const foreignKey = (row: string): string | null => (part(row, 0) === '-' ? null : part(row, 0));
  const isLeft = vector.params.joinType === 'left';
  const joined = isLeft
    ? left.leftJoinOn(right, foreignKey, each)
    : left.joinOn(right, foreignKey, each);
  return comparedJoin(vector, joined.to(table('rows')));
}

/** Tables in groups: the group is the text before the colon, what is summed up the number after it. */
export async function groupedTables(vector: Vector): Promise<Check[]> {
  const groups = rows('table').groupBy((row) => part(row, 0));
  const sums = groups.sum((row) => Number(part(row, 1)), each).to(table('sums'));
  const plan = combine(sums, groups.count(each).to(table('counts')));
  const { updates, finals, countUpdates = [], countFinals = [] } = vector.expected;
  const taken = (all: readonly Update[]) => told(all.map((one) => unlessEmpty(one, countUpdates)));
  const there = (all: readonly Final[]) =>
    all.filter((one) => unlessEmpty(one, countFinals).value !== null);
  return [
    ...compared(await run(vector, plan, 'sums'), taken(updates), there(finals)),
    ...compared(await run(vector, plan, 'counts'), taken(countUpdates), there(countFinals)),
  ];
}

/** A group without rows has a count of 0 there, and a sum of 0, and is no row here. */
const unlessEmpty = <T extends Update>(group: T, counts: readonly Update[]): T => {
  const count = counts.find(({ key, after }) => key === group.key && after === group.after);
  return count?.value === 0 ? { ...group, value: null } : group;
};

const part = (row: string, n: number): string => row.split(':')[n] ?? '';

/** What a row is after an input; `null`: there is none. */
interface Told {
  readonly after: number;
  readonly key: string;
  readonly value: unknown;
}

interface Ran {
  readonly finals: readonly string[];
  readonly told: readonly Told[];
}

/** So that each change has a slot of its own, whatever comes before or after it in event time. */
const STEP_MS = 10_000;

async function run(vector: Vector, plan: Plan, sink: string): Promise<Ran> {
  const driver = testDriver(plan);
  const changes: Told[] = [];
  let watermark = 0;
  // A record without a key is dropped there, and would be a dead letter here.
  for (const input of vector.inputs.filter(({ key }) => key !== null)) {
    const at = STEP_MS * timeOf(vector, input);
    watermark = Math.max(watermark + 1, at);
    await step(driver, input, at, watermark);
    for (const { key, value = null } of driver.takeOutputs(sink))
      changes.push({ after: input.i, key, value });
  }
  await driver.end();
  const letters = driver.deadLetters();
  if (letters.length > 0) throw new Error(`dead letters: ${letters[0]?.detail}`);
  return { finals: [...driver.rows(sink)].map(([key, value]) => line(key, value)), told: changes };
}

/**
 * What is the latest: versioned tables go by the time of the record, the others by its arrival. Only
 * which is later counts, so that any times do.
 */
function timeOf({ params, inputs }: Vector, { i, ts = 0 }: Input): number {
  if (!params.versioned) return i;
  return new Set(inputs.map((input) => input.ts ?? 0).filter((time) => time < ts)).size;
}

async function step(driver: TestDriver, input: Input, at: number, watermark: number) {
  const { type, stream = '', key, value } = input;
  if (type !== 'record') throw new Error(`a table is given a ${type}`);
  await driver.stream(stream).send({ key, value, at });
  await driver.advanceWatermarkTo(watermark);
}

async function comparedJoin(vector: Vector, plan: Plan): Promise<Check[]> {
  const { updates, finals } = vector.expected;
  return compared(await run(vector, plan, 'rows'), told(updates), finals);
}

const compared = (ran: Ran, updates: readonly Told[], finals: readonly Final[]): Check[] => [
  {
    name: 'finals',
    difference: difference(
      finals.map(({ key, value }) => line(key, value)),
      ran.finals,
    ),
  },
  { name: 'updates', difference: difference(news(updates), news(ran.told)) },
];

/** Of the rows of a changelog the last one stands: one that is taken back before it is told anew is gone. */
const told = (updates: readonly Update[]): Told[] =>
  updates.map(({ after = -1, key, value, kind }) => ({
    after,
    key,
    value: kind === '-D' ? null : (value ?? null),
  }));

/** What each row is after each input, where that is another one: an equal row may be told again or not. */
function news(changes: readonly Told[]): string[] {
  const known = new Map<string, string>();
  const last = new Map(changes.map((one) => [`${one.after} ${one.key}`, one]));
  return [...last.values()].flatMap(({ after, key, value }) => {
    const row = line(key, value);
    const isNew = row !== (known.get(key) ?? line(key, null));
    known.set(key, row);
    return isNew ? [`${after}: ${row}`] : [];
  });
}

/** Sides in one order, whatever order their object has. */
function line(key: string, value: unknown): string {
  const { left, right } = (value ?? {}) as { left?: unknown; right?: unknown };
  const shown = left === undefined ? value : { left, right };
  return `${key} = ${JSON.stringify(shown)}`;
}
