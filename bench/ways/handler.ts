import path from 'node:path';
import type { DeadLetterSink, Sink, Store } from 'tidemark';
import { memoryDeadLetters, memoryStore } from 'tidemark/testing';
import { LATER_MS, TICK } from './invocations.ts';
import { type Invoked, invoked } from './invoked.ts';
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
export async function overHandler(task: Task, { sink, ...kept }: Kept): Promise<string> {
  const file = path.join(task.folder, 'results.jsonl');
  const out = lineWriter(file);
  const time = { now: 0 };
  const results = sink ? both(sink, fileSink(out)) : fileSink(out);
  const handler = invoked(planOf(task), { ...kept, sink: results, time });
  for (const text of invocationsIn(task.invocations)) {
    const event = JSON.parse(text);
    time.now = event.Records.at(-1).kinesis.approximateArrivalTimestamp * 1_000;
    await invoke(handler, event);
  }
  time.now += LATER_MS;
  for (const _ of planOf(task).stages) await invoke(handler, TICK);
  out.close();
  return file;
}

async function invoke(handler: Invoked, event: object): Promise<void> {
  await handler.deliver(event);
  await handler.fire();
}

/** All at once: reading is not what is measured. */
function invocationsIn(file: string): string[] {
  const texts: string[] = [];
  eachLine(file, (text) => texts.push(text));
  return texts;
}

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
