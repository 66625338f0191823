import path from 'node:path';
import type { DeadLetterSink, Item, Sink, Source, Store } from 'tidemark';
import { emfLines, type Handler, lambdaHandler } from 'tidemark/lambda';
import { memoryDeadLetters, memoryStore } from 'tidemark/testing';
import { STREAM, TABLE } from '../jobs/streams.ts';
import { controlInvocation, LATER_MS, SHARD, STREAM_NAME, TICK } from './invocations.ts';
import { eachLine, type LineWriter, lineWriter } from './lines.ts';
import { planOf, type Task, type Way } from './way.ts';

/** What a handler keeps its state in. */
export interface Kept {
  readonly store: Store;
  readonly deadLetters: DeadLetterSink;
  /** Where results go, other than to a file. */
  readonly sink?: Sink;
}

export const lambdaInMemory: Way = (task) =>
  overHandler(task, { store: memoryStore({ pageSize: 1_000 }), deadLetters: memoryDeadLetters() });

/**
 * Invokes the handler as Lambda does: with each batch of the stream's mapping, then with what that
 * changed in the control table; in the end ticks, until nothing is open any more.
 */
export async function overHandler(task: Task, kept: Kept): Promise<string> {
  const file = path.join(task.folder, 'results.jsonl');
  const out = lineWriter(file);
  const changes = changesOf(kept.store);
  const time = { now: 0 };
  const handler = lambdaHandler(planOf(task), {
    store: changes.store,
    sources: {
      [STREAM]: { ...quietShard(time), streamName: STREAM_NAME, laneOf: async (id) => id },
    },
    sinks: { [TABLE]: kept.sink ? both(kept.sink, fileSink(out)) : fileSink(out) },
    deadLetters: kept.deadLetters,
    clock: () => time.now,
    // As it is by default, but for where the lines go.
    metrics: emfLines(() => {}),
    logger: false,
  });
  const invoke = invoker(handler, changes);
  for (const text of invocationsIn(task.invocations)) {
    const event = JSON.parse(text);
    time.now = event.Records.at(-1).kinesis.approximateArrivalTimestamp * 1_000;
    await invoke(event);
  }
  time.now += LATER_MS;
  for (const _ of planOf(task).stages) await invoke(TICK);
  out.close();
  return file;
}

/** Invokes, and then fires until nothing changes any more. */
function invoker(handler: Handler, changes: ReturnType<typeof changesOf>) {
  const context = { getRemainingTimeInMillis: () => 300_000 };
  return async (event: object): Promise<void> => {
    const { batchItemFailures } = await handler(event, context);
    if (batchItemFailures.length > 0) throw new Error('a batch stopped');
    for (let images = changes.take(); images.length > 0; images = changes.take()) {
      await handler(controlInvocation(images), context);
    }
  };
}

/** All at once: reading is not what is measured. */
function invocationsIn(file: string): string[] {
  const texts: string[] = [];
  eachLine(file, (text) => texts.push(text));
  return texts;
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

/** A shard of which all records have been delivered. */
const quietShard = (time: { readonly now: number }): Source => ({
  shards: async () => [{ lane: SHARD, parents: [], closed: false }],
  probe: async () => ({ startedAt: time.now, behind: false, drained: false }),
});

function fileSink(out: LineWriter): Sink {
  const sink: Sink = {
    async write(outputs) {
      for (const { key, windowStart, windowEnd, value } of outputs) {
        out.write({ key, windowStart, windowEnd, value });
      }
    },
    until: () => sink,
  };
  return sink;
}

const both = (one: Sink, other: Sink): Sink => ({
  async write(outputs) {
    await one.write(outputs);
    await other.write(outputs);
  },
  until: (signal) => both(one.until(signal), other.until(signal)),
});
