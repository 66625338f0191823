import { AsyncLocalStorage } from 'node:async_hooks';
import type { Observer, Output, Sink } from 'tidemark';
import type { Invoke } from 'tidemark/local';
import { timeOf } from './plan.ts';

/** One invocation of the function: what it was given and what it did, with wall times, ms. */
export interface Invocation {
  readonly begunAt: number;
  /** All slots up to here were closed, and all buckets told so. */
  closed?: { readonly through: number; readonly at: number };
  readonly steps: { readonly step: string; readonly ms: number }[];
}

/** A batch of a shard. */
export interface Batch extends Invocation {
  readonly shard: string;
  /** Of its last event. */
  readonly through: number;
}

/** A row of results, once a consistent read finds it. */
export interface RowMark {
  readonly key: string;
  readonly windowEnd: number;
  readonly value: unknown;
  readonly at: number;
  readonly firing: Invocation;
}

/** Notes what happens to a function, for each of its invocations, which may be under way at the same time. */
export class Marks {
  readonly batches: Batch[] = [];
  readonly rows: RowMark[] = [];
  readonly #current = new AsyncLocalStorage<Invocation>();

  watched(invoke: Invoke): Invoke {
    return (event) => {
      const begun: Invocation = { begunAt: Date.now(), steps: [] };
      const of = shardOf(event);
      const batch = of && { ...begun, ...of };
      if (batch) this.batches.push(batch);
      const invocation = batch ?? begun;
      return this.#current.run(invocation, () => invoke(event));
    };
  }

  readonly observe: Observer = (seen) => {
    const invocation = this.#current.getStore();
    if (seen.kind === 'took') invocation?.steps.push({ step: seen.step, ms: seen.ms });
    if (seen.kind === 'advanced' && invocation) {
      invocation.closed = { through: seen.target, at: Date.now() };
    }
  };

  /** A sink that notes when its rows are there. */
  sink(inner: Sink): Sink {
    return {
      write: async (outputs) => {
        await inner.write(outputs);
        const firing = this.#current.getStore();
        if (firing) this.rows.push(...outputs.map((output) => rowMark(output, firing)));
      },
      until: (signal) => this.sink(inner.until(signal)),
    };
  }
}

const rowMark = ({ key, windowEnd, value }: Output, firing: Invocation): RowMark => ({
  key,
  windowEnd,
  value,
  at: Date.now(),
  firing,
});

interface MappingEvent {
  readonly Records?: readonly {
    readonly eventID: string;
    readonly kinesis?: { readonly data: string };
  }[];
}

function shardOf(event: unknown): Pick<Batch, 'shard' | 'through'> | undefined {
  const last = (event as MappingEvent).Records?.at(-1);
  if (last?.kinesis === undefined) return undefined;
  const [shard = ''] = last.eventID.split(':');
  return { shard, through: timeOf(Buffer.from(last.kinesis.data, 'base64').toString()) };
}
