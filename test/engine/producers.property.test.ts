import { describe, expect, test } from 'vitest';
import { LaneNotReadyError } from '../../src/errors.ts';
import { type Envelope, sealed } from '../../src/schema/envelope.ts';
import { type Random, random } from '../support/random.ts';
import { seedGroups } from './seeds.ts';
import { world } from './world.ts';

/**
 * Producers that send their chunks one after the other, in any order within a chunk and any record any
 * number of times, and senders that wake up long after and send again what they had: into shards that
 * split and merge, read in any batches and again. Each record counts once.
 */
describe('records that bear an envelope', () => {
  test.each(seedGroups(60))('count once (seeds %i, ...)', async (...group) => {
    for (const seed of group) await run(seed);
  });
});

async function run(seed: number): Promise<void> {
  const message = `seed ${seed}`;
  const chance = random(seed);
  const consumer = world({ buckets: 1 });
  const stream = new Shards(chance, consumer.log);
  const sent = new Map<string, number>();
  let copies = 0;
  const put = (record: Sent): void => {
    stream.put(record);
    copies++;
  };
  const producers = Array.from({ length: 1 + chance.below(3) }, (_, n) => new Producer(chance, n));
  while (producers.some((producer) => !producer.isDone)) {
    for (const record of chance.pick(producers).step()) put(record);
    if (chance.chance(0.1)) stream.reshard();
    if (chance.chance(0.3)) await readSome(chance, consumer, stream);
  }
  for (const { key } of producers.flatMap(({ records }) => records)) {
    sent.set(`0 ${key}`, (sent.get(`0 ${key}`) ?? 0) + 1);
  }
  while (!stream.isRead) await readSome(chance, consumer, stream);
  await consumer.tick();
  for (const lane of stream.open) await consumer.running.raise('events', lane, 20_000);
  await consumer.fireAll();
  expect(consumer.results(), message).toEqual(Object.fromEntries(sent));
  const lanes = await Promise.all(stream.lanes.map((lane) => consumer.lane(lane)));
  const total = (name: string): number =>
    lanes.reduce((sum, lane) => sum + Number(lane?.[name] ?? 0), 0);
  const records = producers.reduce((sum, producer) => sum + producer.records.length, 0);
  expect([total('records'), total('duplicates')], message).toEqual([records, copies - records]);
  expect(consumer.deadLetters.letters(), message).toEqual([]);
}

interface Sent {
  readonly envelope: Envelope;
  readonly key: string;
}

/** Sends a chunk until all of it was put once; what it has put before may be put again at any time. */
class Producer {
  readonly records: readonly Sent[];
  readonly #chance: Random;
  #before: Sent[] = [];
  #chunk: Sent[] = [];
  #missing: Sent[] = [];
  #rest: Sent[];

  constructor(chance: Random, n: number) {
    this.#chance = chance;
    const chunks = 1 + chance.below(5);
    this.records = Array.from({ length: chunks }, (_, chunk) =>
      Array.from({ length: 1 + chance.below(chance.pick([3, 20])) }, (_, index) => ({
        envelope: { producer: `producer ${n}`, chunk: `p${chunk}`, index },
        key: `k${chance.below(8)}`,
      })),
    ).flat();
    this.#rest = [...this.records];
  }

  get isDone(): boolean {
    return this.#missing.length === 0 && this.#rest.length === 0;
  }

  /** What one request leaves in the log. */
  step(): Sent[] {
    if (this.#missing.length === 0) this.#next();
    const again = [...this.#before, ...this.#chunk].filter(() => this.#chance.chance(0.1));
    const taken = this.#missing.filter(() => this.#chance.chance(0.6));
    this.#missing = this.#missing.filter((record) => !taken.includes(record));
    return shuffled(this.#chance, [...again, ...taken]);
  }

  #next(): void {
    this.#before.push(...this.#chunk);
    const chunk = this.#rest[0]?.envelope.chunk;
    this.#chunk = this.#rest.filter(({ envelope }) => envelope.chunk === chunk);
    this.#rest = this.#rest.slice(this.#chunk.length);
    this.#missing = [...this.#chunk];
  }
}

type World = ReturnType<typeof world>;

/** Shards that share eight keys among them, each the neighbours that it has. */
class Shards {
  readonly lanes: string[] = [];
  readonly #chance: Random;
  readonly #log: World['log'];
  /** By lane, the keys that go there. */
  readonly #keys = new Map<string, readonly number[]>();
  readonly #read = new Map<string, number>();

  constructor(chance: Random, log: World['log']) {
    this.#chance = chance;
    this.#log = log;
    this.#add([0, 1, 2, 3], []);
    this.#add([4, 5, 6, 7], []);
  }

  get open(): string[] {
    return [...this.#keys.keys()];
  }

  get isRead(): boolean {
    return this.lanes.every((lane) => this.unread(lane) === 0);
  }

  put({ envelope, key }: Sent): void {
    const lane = this.open.find((one) => this.#keys.get(one)?.includes(Number(key.slice(1))));
    this.#log.append(lane ?? '', sealed(envelope, JSON.stringify({ at: 5_000, key })), 1_000_000);
  }

  reshard(): void {
    const from = this.#chance.below(this.open.length);
    const [first = '', second = ''] = this.open.slice(from, from + 2);
    const keys = this.#keys.get(first) ?? [];
    if (this.#chance.chance(0.5) && second !== '') {
      this.#add([...keys, ...(this.#keys.get(second) ?? [])], [first, second]);
    } else if (keys.length > 1) {
      this.#add(keys.slice(0, 1), [first]);
      this.#add(keys.slice(1), [first]);
    }
  }

  unread(lane: string): number {
    return this.#log.records(lane).length - (this.#read.get(lane) ?? 0);
  }

  /** A batch from where the lane was read to, or from before. */
  batch(lane: string) {
    const back = this.#chance.chance(0.2) ? this.#chance.below(20) : 0;
    const read = this.#read.get(lane) ?? 0;
    const end = Math.min(read + 1 + this.#chance.below(30), this.#log.records(lane).length);
    return {
      records: this.#log.records(lane).slice(Math.max(0, read - back), end),
      done: () => this.#read.set(lane, Math.max(end, this.#read.get(lane) ?? 0)),
    };
  }

  #add(keys: readonly number[], parents: readonly string[]): void {
    const lane = `lane-${this.lanes.length}`;
    this.#log.open(lane, parents);
    this.lanes.push(lane);
    for (const parent of parents) this.#keys.delete(parent);
    this.#keys.set(lane, keys);
  }
}

async function readSome(chance: Random, { running, tick }: World, stream: Shards): Promise<void> {
  const lane = chance.pick(stream.lanes);
  if (stream.unread(lane) === 0) return chance.chance(0.3) ? tick() : undefined;
  const { records, done } = stream.batch(lane);
  try {
    await running.gather('events', lane, records);
    done();
  } catch (error) {
    if (!(error instanceof LaneNotReadyError)) throw error;
    await tick();
  }
}

function shuffled<T>(chance: Random, items: readonly T[]): T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(chance.below(left.length), 1));
  return order;
}

test('a lane remembers so many producers, and no longer than copies of theirs can come', async () => {
  const { log, gather, lane } = world();
  log.open('a');
  const put = (producer: string, arrivalTime: number, withinMs?: number): void => {
    const envelope = { producer, chunk: '1', index: 0, ...(withinMs && { withinMs }) };
    log.append('a', sealed(envelope, JSON.stringify({ at: 5, key: 'k' })), arrivalTime);
  };
  const known = async () =>
    (((await lane('a'))?.producers ?? []) as string[]).map((text) => text.split(' ').at(-1));
  put('short', 1_000, 500);
  put('for-ever', 1_001);
  await gather('a');
  expect(await known()).toEqual(['short', 'for-ever']);
  put('other', 1_501);
  await gather('a');
  expect(await known()).toEqual(['for-ever', 'other']);
  for (let n = 0; n < 999; n++) put(`one-of-many-${n}`, 2_000);
  await gather('a');
  expect([(await known()).length, (await known())[0]]).toEqual([1_000, 'other']);
});

test('what a lane remembers of producers fits into its item, whatever they are called', async () => {
  const { log, gather, lane } = world();
  log.open('a');
  for (let n = 0; n < 1_000; n++) {
    const envelope = {
      producer: String(n).padEnd(120, '\uffee'),
      chunk: '9'.repeat(40),
      index: 499,
    };
    log.append('a', sealed(envelope, JSON.stringify({ at: 5, key: 'k' })), 1_000);
  }
  await gather('a');
  const texts = ((await lane('a'))?.producers ?? []) as string[];
  const bytes = Buffer.byteLength(texts.join());
  expect(bytes).toBeGreaterThan(250_000);
  expect(bytes).toBeLessThan(310_000);
  expect(texts.at(-1)).toContain(' 999\uffee');
});

test('a lane that continues others remembers no more producers than any, those heard of last', async () => {
  const { log, gather, lane, tick } = world();
  for (const name of ['a', 'b']) {
    log.open(name);
    for (let n = 0; n < 800; n++) {
      const envelope = { producer: `${name}${n}`, chunk: '1', index: 0 };
      log.append(name, sealed(envelope, JSON.stringify({ at: 5, key: 'k' })), 1_000);
    }
  }
  await gather('a');
  await gather('b');
  log.open('c', ['a', 'b']);
  await tick();
  const texts = ((await lane('c'))?.producers ?? []) as string[];
  const names = texts.map((text) => text.split(' ').at(-1));
  expect(names).toHaveLength(1_000);
  expect(names.slice(-2).sort()).toEqual(['a799', 'b799']);
  expect([names.includes('a299'), names.includes('a300'), names.includes('b300')]).toEqual([
    false,
    true,
    true,
  ]);
});
