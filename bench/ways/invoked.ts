import type { DeadLetterSink, Item, Plan, Sink, Source, Store } from 'tidemark';
import { emfLines, lambdaHandler } from 'tidemark/lambda';
import { STREAM, TABLE } from '../jobs/streams.ts';
import { controlInvocation, SHARD, STREAM_NAME } from './invocations.ts';

/** What a handler reads and writes. */
export interface Around {
  readonly store: Store;
  readonly sink: Sink;
  readonly deadLetters: DeadLetterSink;
  /** The clock, which whoever invokes sets, ms. */
  readonly time: { readonly now: number };
  /** Of the stream; default: the one that invocations are written for. */
  readonly shards?: readonly string[];
}

/** A handler, invoked as Lambda does. */
export interface Invoked {
  /** With a batch of the stream's mapping, or a tick. */
  deliver(event: object): Promise<void>;
  /** With what that changed in the control table, until nothing changes any more. */
  fire(): Promise<void>;
}

export function invoked(plan: Plan, { store, sink, deadLetters, time, shards }: Around): Invoked {
  const changes = changesOf(store);
  const handler = lambdaHandler(plan, {
    store: changes.store,
    sources: {
      [STREAM]: {
        ...quietShards(shards ?? [SHARD], time),
        streamName: STREAM_NAME,
        laneOf: async (id) => id,
      },
    },
    sinks: { [TABLE]: sink },
    deadLetters,
    clock: () => time.now,
    // As it is by default, but for where the lines go.
    metrics: emfLines(() => {}),
    logger: false,
  });
  const context = { getRemainingTimeInMillis: () => 300_000 };
  return {
    async deliver(event) {
      const { batchItemFailures } = await handler(event, context);
      if (batchItemFailures.length > 0) throw new Error('a batch stopped');
    },
    async fire() {
      for (let images = changes.take(); images.length > 0; images = changes.take()) {
        await handler(controlInvocation(images), context);
      }
    },
  };
}

/** A store that tells which buckets were raised, as the stream of its control table would. */
function changesOf(store: Store) {
  const raised = new Map<string, Item>();
  const watched = (inner: Store): Store => ({
    ...inner,
    async update(table, key, change, condition) {
      const item = await inner.update(table, key, change, condition);
      if (table === 'control' && item?.target !== undefined) raised.set(item.pk, item);
      return item;
    },
    until: (signal) => watched(inner.until(signal)),
    ...(inner.metered && { metered: (spent) => watched(inner.metered?.(spent) ?? inner) }),
  });
  return {
    store: watched(store),
    take() {
      const images = [...raised.values()].map(imageOf);
      raised.clear();
      return images;
    },
  };
}

const imageOf = (item: Item) =>
  Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: String(value) },
    ]),
  );

/** Shards of which all records have been delivered. */
const quietShards = (shards: readonly string[], time: { readonly now: number }): Source => ({
  shards: async () => shards.map((lane) => ({ lane, parents: [], closed: false })),
  probe: async () => ({ startedAt: time.now, behind: false, drained: false }),
});
