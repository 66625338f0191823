import { expect, onTestFinished, test } from 'vitest';
import { traffic } from '../../src/cli/start/traffic.ts';
import { seeded } from '../../src/seeded.ts';
import { deployedBehind } from './deployed.ts';
import { inTurn, Killer } from './killer.ts';
import { LiveFaults } from './live-faults.ts';
import { Resharder } from './resharder.ts';
import { slicesOf } from './slices.ts';
import { until } from './until.ts';

/** What goes wrong is drawn from it; when it does so depends on the machine as well. */
const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 10);
const SANDBOXES = 2;
/** About 15 seconds of traffic. */
const SLICE = 120;
/** So much may lie unread when the next slice comes. */
const BEHIND_MAX = 3 * SLICE;
/** A process takes seconds to come up again. */
const KILL_CHANCE = 0.2;
/** What a busy machine may need for a slice. */
const SLICE_MS = 240_000;
const RESHARD_CHANCE = 0.4;
const HOUR_MS = 3_600_000;

test('while calls fail, processes are killed, and shards split and merge, nothing is lost or doubled', {
  timeout: 2 * SLICE_MS + ROUNDS * 60_000,
}, async () => {
  const random = seeded(SEED);
  const faults = new LiveFaults(random);
  onTestFinished(() => faults.stop());
  const argv = ['--exit', '--window', '1m', '--batch-size', '30', '--shards', '3'];
  const pipeline = await deployedBehind(faults.between, ...argv);
  onTestFinished(() => pipeline.stop());
  const killers = Array.from(
    { length: SANDBOXES },
    () => new Killer(pipeline.startFunction(), random),
  );
  const shards = new Resharder(pipeline.kinesis, pipeline.streamName, random);
  const runtime = pipeline.startRuntime(faults.twice(inTurn(killers)));
  onTestFinished(() => runtime.stop());
  const startTime = Date.now() - 2 * HOUR_MS;
  const slices = slicesOf(traffic({ random: seeded(SEED + 1), startTime }), SLICE);

  let put = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const killer of killers) if (!killer.armed && random() < KILL_CHANCE) killer.arm();
    if (round > 0 && random() < RESHARD_CHANCE) await shards.change();
    put += await pipeline.put(slices.next().value ?? []);
    await until(async () => put - (await pipeline.tallies()).records <= BEHIND_MAX, SLICE_MS);
  }
  await faults.heal();
  for (const killer of killers) killer.disarm();
  expect(await pipeline.close(runtime, put)).toBe(true);

  const { expected, comparison } = await pipeline.verdict();
  console.info(told({ faults, killers, shards, put }));
  expect(comparison).toEqual({ total: 0, differences: [] });
  expect(expected.records).toBe(put);
  expect([...faults.counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(
    ROUNDS,
  );
  expect(killers.flatMap(({ kills }) => kills).length).toBeGreaterThan(0);
  expect(shards.splits + shards.merges).toBeGreaterThan(0);
});

interface Run {
  readonly faults: LiveFaults;
  readonly killers: readonly Killer[];
  readonly shards: Resharder;
  readonly put: number;
}

function told({ faults, killers, shards, put }: Run): string {
  const kinds = [...faults.counts].map(([name, count]) => `${count} ${name}`);
  const kills = killers.flatMap((killer) => killer.kills);
  const midWork = kills.filter(({ rejected }) => rejected.length > 0).length;
  const killed = `${kills.length} kills (${midWork} in the middle of work)`;
  const changed = `${shards.splits} splits, ${shards.merges} merges`;
  return `seed ${SEED}: ${put} records; ${kinds.join(', ')}; ${killed}; ${changed}`;
}
