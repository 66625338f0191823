import type { Engine } from '../../engine/engine.ts';
import type { Plan } from '../../topology/plan.ts';
import type { Run } from './run.ts';

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
    // Asked after each slot: one is always fired, so that this ends. To go on costs what is held: it is written.
    const how = await engine.fire(name, bucket, () => run.isDue);
    await run.pause();
    if (how === 'done') return;
  }
}
