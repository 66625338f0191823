import type { Ports } from '../../engine/ports.ts';
import type { LookupTable } from '../../lookups/lookup.ts';
import type { DeadLetterSink } from '../../sinks/dead-letter-sink.ts';
import type { Sink } from '../../sinks/sink.ts';
import type { Source } from '../../sources/source.ts';
import type { Store } from '../../store/store.ts';
import type { Invocation } from './invocation.ts';

/** The ports of one invocation: every request of them is at the mercy of the world. */
export function simulatedPorts(ports: Ports, invocation: Invocation): Ports {
  return {
    ...ports,
    store: simulatedStore(ports.store, invocation),
    sources: mapped(ports.sources, (source) => simulatedSource(source, invocation)),
    sinks: mapped(ports.sinks, (sink, name) => simulatedSink(sink, name, invocation)),
    deadLetters: simulatedLetters(ports.deadLetters, invocation),
    lookups: mapped(ports.lookups ?? {}, (table) => simulatedLookup(table, invocation)),
    lateEvents: mapped(ports.lateEvents ?? {}, (sink) => simulatedLetters(sink, invocation)),
  };
}

function simulatedStore(store: Store, invocation: Invocation): Store {
  const { request } = invocation;
  const simulated: Store = {
    get: (table, key) => request(`get ${key.sk}`, () => store.get(table, key)),
    getAll: (table, keys) => request(`get ${keys.length}`, () => store.getAll(table, keys)),
    query: (table, range, next) =>
      request(`query ${range.from}`, () => store.query(table, range, next)),
    update: (table, key, change, condition) =>
      request(`update ${key.pk} ${key.sk}`, () => store.update(table, key, change, condition), {
        writes: true,
      }),
    // A batch is no transaction: any of its items may be there before the others, or alone.
    async putAll(table, items) {
      for (const item of invocation.shuffled(items)) {
        await request(`put ${item.pk} ${item.sk}`, () => store.putAll(table, [item]), {
          writes: true,
        });
      }
    },
    until: () => simulated,
  };
  return simulated;
}

const simulatedSource = (source: Source, { request }: Invocation): Source => ({
  shards: () => request('list shards', () => source.shards()),
  probe: (lane, after) => request(`probe ${lane}`, () => source.probe(lane, after)),
});

function simulatedLookup(table: LookupTable, { request }: Invocation): LookupTable {
  const simulated: LookupTable = {
    getAll: (keys, options) => request(`look up ${keys.length}`, () => table.getAll(keys, options)),
    until: () => simulated,
  };
  return simulated;
}

function simulatedSink(sink: Sink, name: string, invocation: Invocation): Sink {
  const simulated: Sink = {
    write: (outputs) =>
      invocation.request(`sink ${name}`, () => sink.write(outputs), { writes: true, sink: true }),
    until: () => simulated,
  };
  return simulated;
}

function simulatedLetters(sink: DeadLetterSink, invocation: Invocation): DeadLetterSink {
  const simulated: DeadLetterSink = {
    write: (letters) =>
      invocation.request('letters', () => sink.write(letters), { writes: true, sink: true }),
    until: () => simulated,
  };
  return simulated;
}

function mapped<T>(
  record: Readonly<Record<string, T>>,
  change: (value: T, name: string) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)]),
  );
}
