import type { Sink } from 'tidemark';
import { memoryDeadLetters, memoryStore } from 'tidemark/testing';
import { percentilesOf } from '../percentiles.ts';
import { invoked } from '../ways/invoked.ts';
import { arrivedAt, batchEvent } from './batches.ts';
import type { EngineShare } from './call.ts';
import { countPlan } from './plan.ts';

const WARM_UP_BATCHES = 300;
const BATCHES = 1_000;

/** How long the engine takes for a batch where no store keeps it waiting: the handler over memory, wall time. */
export async function engineShare(): Promise<EngineShare> {
  const time = { now: 0 };
  const store = memoryStore({ pageSize: 1_000 });
  const around = { store, sink: nowhere, deadLetters: memoryDeadLetters(), time };
  const handler = invoked(countPlan(), around);
  const gathers: number[] = [];
  const fires: number[] = [];
  for (let n = 0; n < WARM_UP_BATCHES + BATCHES; n++) {
    const event = batchEvent(n);
    time.now = arrivedAt(n);
    const begun = performance.now();
    await handler.deliver(event);
    const gathered = performance.now();
    await handler.fire();
    if (n < WARM_UP_BATCHES) continue;
    gathers.push(gathered - begun);
    fires.push(performance.now() - gathered);
  }
  return {
    gather: percentilesOf(gathers),
    fire: percentilesOf(fires),
    both: percentilesOf(gathers.map((ms, n) => ms + Number(fires[n]))),
  };
}

const nowhere: Sink = { write: async () => {}, until: () => nowhere };
