import type { Sink, Store } from 'tidemark';
import { memoryDeadLetters, memoryStore } from 'tidemark/testing';
import { invoked } from '../ways/invoked.ts';
import { arrivedAt, batchEvent } from './batches.ts';
import type { RoundTrips } from './call.ts';
import { countPlan } from './plan.ts';
import { RoundsOfCalls } from './rounds-of-calls.ts';

/** The first batches also learn what is there. */
const WARM_UP_BATCHES = 3;

/**
 * How many calls of the store and the sink a row waits for, one after the other: in AWS it takes as often
 * as long as one call of DynamoDB.
 */
export async function roundTrips(): Promise<RoundTrips> {
  const rounds = new RoundsOfCalls();
  const time = { now: 0 };
  const rows = { after: 0 };
  const handler = invoked(countPlan(), {
    store: counted(memoryStore(), rounds),
    sink: countedSink(rounds, rows),
    deadLetters: memoryDeadLetters(),
    time,
  });
  const batch = async (number: number): Promise<RoundTrips> => {
    time.now = arrivedAt(number);
    const before = rounds.count;
    await rounds.during(handler.deliver(batchEvent(number)));
    const gathered = rounds.count;
    await rounds.during(handler.fire());
    return { gather: gathered - before, fire: rows.after - gathered };
  };
  for (let n = 0; n < WARM_UP_BATCHES; n++) await batch(n);
  return batch(WARM_UP_BATCHES);
}

function counted(inner: Store, rounds: RoundsOfCalls): Store {
  const store: Store = {
    get: (...of) => rounds.call(() => inner.get(...of)),
    getAll: (...of) => rounds.call(() => inner.getAll(...of)),
    query: (...of) => rounds.call(() => inner.query(...of)),
    update: (...of) => rounds.call(() => inner.update(...of)),
    putAll: (...of) => rounds.call(() => inner.putAll(...of)),
    until: () => store,
  };
  return store;
}

function countedSink(rounds: RoundsOfCalls, rows: { after: number }): Sink {
  const sink: Sink = {
    async write() {
      await rounds.call(async () => {
        rows.after = rounds.count;
      });
    },
    until: () => sink,
  };
  return sink;
}
