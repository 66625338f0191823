import type { Observer } from '../observability/observer.ts';
import type { Store } from '../store/store.ts';

/** A port that can tell what its writes cost. */
export interface Metered<Port> {
  metered?(spent: (writeUnits: number) => void): Port;
}

/** The port, telling what is spent for a stage, if it knows. */
export const metered = <Port extends Metered<Port>>(
  port: Port,
  stage: string,
  observe: Observer,
): Port => port.metered?.((writeUnits) => observe({ kind: 'spent', stage, writeUnits })) ?? port;

/** A store as a stage uses it: what it costs and what it refuses is told. */
export function watchedStore(port: Store, stage: string, observe: Observer): Store {
  const store = metered(port, stage, observe);
  return {
    get: (table, key) => store.get(table, key),
    getAll: (table, keys) => store.getAll(table, keys),
    query: (table, range, next) => store.query(table, range, next),
    async update(table, key, change, condition) {
      const item = await store.update(table, key, change, condition);
      if (item === undefined) observe({ kind: 'refused', stage, item: key.sk });
      return item;
    },
    putAll: (table, items) => store.putAll(table, items),
    until: (signal) => watchedStore(store.until(signal), stage, observe),
  };
}
