import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeFailure, FAULT_KINDS, type FaultKind, simulate } from '../../src/testing/index.ts';
import { PIPELINES } from '../simulation/pipelines.ts';

/**
 * Runs of the simulator that found something once: each file here is a list of them, and stays. Those of
 * `mutants.json` are what `npm run mutants -- --write` found promises missing by: whoever takes one of
 * them out of the engine again is told by its seed.
 */
interface Found {
  readonly pipeline: string;
  readonly seed: number;
  /** What was wrong. */
  readonly what: string;
  /** Left out: all but what producers do. */
  readonly faults?: readonly FaultKind[];
}

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.json'));

test('there is something to run', () => {
  expect(files.length).toBeGreaterThan(0);
});

describe.each(files)('%s', (file) => {
  const found = JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8')) as Found[];

  test.each(found)('$pipeline, seed $seed: $what', async ({ pipeline, seed, faults }) => {
    const its = PIPELINES.find(({ name }) => name === pipeline);
    if (its === undefined) throw new Error(`there is no pipeline ${pipeline}`);
    const { plan, name: _, ...tried } = its;
    const { failure } = await simulate(plan, {
      ...tried,
      seeds: [seed],
      faults: faults ?? FAULT_KINDS.filter((kind) => kind !== 'producerRepeats'),
    });
    expect(failure && describeFailure(failure)).toBeUndefined();
  });
});
