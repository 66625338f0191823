import { expect, onTestFinished, test } from 'vitest';
import { traffic } from '../../src/cli/start/traffic.ts';
import { seeded } from '../../src/seeded.ts';
import { deployed } from './deployed.ts';
import { inTurn, type Kill, Killer, type Work } from './killer.ts';
import { slicesOf } from './slices.ts';
import { until } from './until.ts';

const SEED = Number(process.env.SEED ?? 1);
const KILLS = 50;
/** As on AWS, the function runs in several processes: while one starts again, another one works. */
const SANDBOXES = 2;
/** What is put between two kills: about a batch a shard, of 15 seconds of traffic. */
const SLICE = 120;
const HOUR_MS = 3_600_000;

test(`killed ${KILLS} times in the middle of its work, the function loses and doubles nothing`, {
  timeout: 300_000,
}, async () => {
  const pipeline = await deployed('--exit', '--window', '1m', '--batch-size', '100');
  onTestFinished(() => pipeline.stop());
  const random = seeded(SEED);
  const killers = Array.from(
    { length: SANDBOXES },
    () => new Killer(pipeline.startFunction(), random),
  );
  const runtime = pipeline.startRuntime(inTurn(killers));
  onTestFinished(() => runtime.stop());
  const slices = slicesOf(
    traffic({ random: seeded(SEED + 1), startTime: Date.now() - 2 * HOUR_MS }),
    SLICE,
  );

  let put = 0;
  const caughtUp = async () => runtime.watcher.idle() && (await pipeline.tallies()).records === put;
  while (killsOf(killers).length < KILLS) {
    const kills = killsOf(killers).length;
    armAll(killers);
    put += await pipeline.put(slices.next().value ?? []);
    // A kill that its slice gave no occasion for comes with the next one.
    await until(async () => killsOf(killers).length > kills || (await caughtUp()));
  }
  expect(await pipeline.close(runtime, put)).toBe(true);

  const { expected, comparison } = await pipeline.verdict();
  expect(comparison).toEqual({ total: 0, differences: [] });
  expect(expected.records).toBe(put);
  expect(new Set([...expected.windows.values()].map((w) => w.windowStart)).size).toBeGreaterThan(5);
  expectRealKills(killsOf(killers));
});

const killsOf = (killers: readonly Killer[]): Kill[] => killers.flatMap((killer) => killer.kills);

/** Plans a kill for each process, and not one more than there are to be. */
function armAll(killers: readonly Killer[]): void {
  for (const killer of killers) {
    const planned = killers.filter((other) => other.armed).length;
    if (!killer.armed && killsOf(killers).length + planned < KILLS) killer.arm();
  }
}

/** A kill proves something only where it cuts off work. */
function expectRealKills(kills: readonly Kill[]): void {
  expect(kills.filter((kill) => kill.wasAlive)).toHaveLength(KILLS);
  expect(new Set(kills.map((kill) => kill.pid)).size).toBe(KILLS);
  const hit = (work: Work) => kills.filter((kill) => kill.rejected.includes(work)).length;
  const midWork = kills.filter((kill) => kill.rejected.length > 0).length;
  console.info(
    `${KILLS} kills: ${midWork} in the middle of an invocation, ${hit('gather')} gathering, ${hit('fire')} firing`,
  );
  expect(midWork).toBeGreaterThan(KILLS / 2);
  expect(hit('gather')).toBeGreaterThan(KILLS / 4);
  expect(hit('fire')).toBeGreaterThan(0);
}
