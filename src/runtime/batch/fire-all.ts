import type { Engine } from '../../engine/engine.ts';
import type { Plan } from '../../topology/plan.ts';
import type { Run } from './run.ts';

/** So long a bucket fires before somebody may look in; to go on, it reads again what reaches back. */
const SLICE_MS = 1_000;

/** Fires everything, stage after stage: the lanes have ended, and so every slot is closed. */
export async function fireAll(
  plan: Plan,
  { engine, run }: { readonly engine: Engine; readonly run: Run },
): Promise<void> {
  const total = plan.stages.reduce((sum, stage) => sum + stage.buckets, 0);
  let fired = 0;
  for (const { name, buckets } of plan.stages) {
    // Raises the watermarks of ended lanes; firing is done below, where a failure is heard.
    await engine.tick(() => true);
    for (let bucket = 0; bucket < buckets; bucket++) {
      await fireBucket(engine, { name, bucket }, run);
      run.firing(++fired, total);
    }
  }
}

async function fireBucket(
  engine: Engine,
  { name, bucket }: { readonly name: string; readonly bucket: number },
  run: Run,
): Promise<void> {
  for (;;) {
    const sliceMs = Math.min(SLICE_MS, run.checkpointEveryMs);
    const until = performance.now() + sliceMs;
    // Asked after each slot: one is always fired, so that this ends.
    const how = await engine.fire(name, bucket, () => performance.now() >= until);
    await run.pause();
    if (how === 'done') return;
  }
}
