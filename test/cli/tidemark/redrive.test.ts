import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, test } from 'vitest';
import { markKey } from '../../../src/sinks/letter-id.ts';
import { beginMark, readMark } from '../../../src/sinks/redrive-marks.ts';
import { workplace } from '../../runtime/batch/workplace.ts';
import type { LocalPipeline } from '../../support/local-pipeline.ts';
import { called } from './called.ts';
import { useDeployments } from './deploying.ts';
import { first } from './visits.ts';

const MODULE = path.resolve(import.meta.dirname, 'visits.ts');
const place = workplace();

const { servers, deploy } = useDeployments();
let deployed: LocalPipeline;

/** Two good visits and two that have no page, in one window that is open. */
beforeAll(async () => {
  deployed = await deploy(first);
  await deployed.put('visits', [
    [{ at: 1_000, page: '/' }, { at: 2_000 }],
    [{ at: 1_000, page: '/' }, { at: 3_000 }],
  ]);
  await deployed.run(Number.NEGATIVE_INFINITY);
}, 60_000);

test('a repaired letter counts once, whenever the redrive has died and however often it is repeated', async () => {
  const letters = await deployed.letters();
  expect(letters).toHaveLength(2);
  const fix = modules().HOME;
  const all = (...flags: string[]) => redrive('--all', '--json', ...flags);

  expect(await all()).toMatchObject({ put: 0, refused: 2 });
  expect(await all('--fix', fix, '--dry-run')).toMatchObject({ dryRun: true, put: 2, refused: 0 });

  // One redrive has died after it has marked a letter, before it has put it.
  const marks = { client: servers().dynamodb, tableName: deployed.resources.deadLetters.name };
  const [some] = letters;
  if (some === undefined) throw new Error('there is no letter');
  const mark = { producer: 'redrive/died', index: 7, begunAt: Date.now() };
  expect(await beginMark(marks, some, mark)).toEqual(mark);
  expect(await beginMark(marks, some, { ...mark, producer: 'redrive/second' })).toEqual(mark);
  expect(await all('--fix', fix)).toMatchObject({ put: 2, doneBefore: 0, refused: 0 });
  expect(await readMark(marks, some)).toMatchObject({ ...mark, doneAt: expect.any(Number) });

  // The next one has died after it has put them, before it has said so. What it puts again is the same.
  for (const letter of letters) {
    const undone = {
      TableName: marks.tableName,
      Key: markKey(letter),
      UpdateExpression: 'REMOVE doneAt',
    };
    await servers().dynamodb.send(new UpdateItemCommand(undone));
  }
  expect(await all('--fix', fix)).toMatchObject({ put: 2, doneBefore: 0 });
  expect(await all('--fix', fix)).toMatchObject({ put: 0, doneBefore: 2 });

  await deployed.put('visits', [[{ at: 20_000, page: '/' }], [{ at: 20_000, page: '/' }]]);
  await deployed.run(10_000);
  expect(valuesOf(await deployed.rows('per-page'))).toEqual({ '/': 2, '/repaired': 2 });
  expect(await deployed.letters()).toHaveLength(2);
  const { out } = await called('positions', MODULE, '--export', 'first', '--json');
  const duplicates = JSON.parse(out).stages[0].lanes.map(
    (lane: { duplicates: number }) => lane.duplicates,
  );
  expect(duplicates.reduce((sum: number, n: number) => sum + n)).toBe(2);
  const list = await called('deadletters', 'list', MODULE, '--export', 'first', '--json');
  expect(
    list.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).putAgainAt),
  ).toEqual([expect.any(Number), expect.any(Number)]);
}, 60_000);

test.each`
  flags                             | code | said
  ${[]}                             | ${2} | ${'no letter is named'}
  ${['a/1#0#visits']}               | ${1} | ${"there is no letter 'a/1#0#visits'"}
  ${['--all', '--fix', 'none.mjs']} | ${2} | ${"there is no file 'none.mjs'"}
  ${['--all', '--fix', 'NUMBER']}   | ${2} | ${'has no function as default export'}
  ${['--all', '--fix', 'BROKEN']}   | ${2} | ${'cannot be loaded: out of luck'}
`('$flags: $said', async ({ flags, code, said }) => {
  const made: Record<string, string> = modules();
  const args = flags.map((flag: string) => made[flag] ?? flag);
  const told = await called('deadletters', 'redrive', MODULE, ...args, '--export', 'first');
  expect(told.err).toContain(said);
  expect(told.code).toBe(code);
});

async function redrive(...flags: string[]) {
  const told = await called('deadletters', 'redrive', MODULE, '--export', 'first', ...flags);
  if (told.code !== 0) throw new Error(told.err);
  return JSON.parse(told.out);
}

const valuesOf = (rows: readonly { readonly key: string; readonly value: unknown }[]) =>
  Object.fromEntries(rows.map(({ key, value }) => [key, value]));

function modules() {
  const made = {
    HOME: "export default (event, { reason }) => ({ ...event, page: reason === 'SCHEMA' && '/repaired' });",
    NUMBER: 'export default 7;',
    BROKEN: "throw new Error('out of luck');",
  };
  const files = Object.entries(made).map(([name, text]) => {
    const file = place.path(`${name}.mjs`);
    writeFileSync(file, text);
    return [name, file];
  });
  return Object.fromEntries(files) as Record<keyof typeof made, string>;
}
