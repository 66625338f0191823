import type { Change, Key, Store } from '../../src/store/store.ts';
import type { Random } from './random.ts';

/** An invocation that died: nothing after this line of it ran. */
export class Crash extends Error {}

/** Lets one waiting operation go on at a time, chosen by chance: every interleaving can happen. */
export interface Turns {
  /** Waits for its turn. */
  turn(): Promise<void>;
  /** Gives turns until all of the work is done; rejects as soon as any of it does. */
  run(work: readonly Promise<unknown>[]): Promise<void>;
}

export function turns(chance: Random): Turns {
  const waiting: (() => void)[] = [];
  return {
    turn: () => new Promise((resolve) => waiting.push(resolve)),
    async run(work) {
      let running = true;
      const done = Promise.all(work).finally(() => {
        running = false;
      });
      done.catch(() => undefined);
      while (running) {
        const [go] = waiting.splice(chance.below(waiting.length), 1);
        go?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await done;
    },
  };
}

export interface ChaosOptions {
  readonly chance: Random;
  readonly turns: Turns;
  /** How often an operation is the last one of its invocation, before or after it happened. */
  readonly crashes: () => number;
  /** Sees each write that happened. */
  readonly wrote?: (key: Key, change: Change) => void;
}

/** A store whose every operation waits for its turn, and may be the last one that its invocation does. */
export function chaosStore(store: Store, options: ChaosOptions): Store {
  const { chance, turns: order, crashes, wrote } = options;
  let dead = false;
  const operation = async <T>(run: () => Promise<T>): Promise<T> => {
    await order.turn();
    if (dead) throw new Crash('already dead');
    const crash = chance.chance(crashes());
    if (crash && chance.chance(0.5)) {
      dead = true;
      throw new Crash('before');
    }
    const result = await run();
    if (crash) {
      dead = true;
      throw new Crash('after');
    }
    return result;
  };
  return {
    get: (table, key) => operation(() => store.get(table, key)),
    getAll: (table, keys) => operation(() => store.getAll(table, keys)),
    query: (table, range, next) => operation(() => store.query(table, range, next)),
    update: (table, key, change, condition) =>
      operation(async () => {
        const item = await store.update(table, key, change, condition);
        if (item) wrote?.(key, change);
        return item;
      }),
    // Not atomic: some items may be there before the others, or alone.
    async putAll(table, items) {
      for (const item of items) await operation(() => store.putAll(table, [item]));
    },
    until: () => chaosStore(store, options),
  };
}
