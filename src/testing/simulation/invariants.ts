import { laneOf, parseBucketKey, parseSegmentKey } from '../../engine/keys.ts';
import { BEFORE_ALL, isAfter } from '../../engine/position.ts';
import type { DeadLetter } from '../../sinks/dead-letter-sink.ts';
import type { Output } from '../../sinks/sink.ts';
import type { Source } from '../../sources/source.ts';
import type { Change, Item, Key, Store } from '../../store/store.ts';

/** A promise of the design that did not hold. */
export class Broken extends Error {}

/** A lane as it began, and how it was raised: what its judgements depend on besides its records. */
export interface LaneHistory {
  readonly stage: string;
  readonly lane: string;
  /** What its item was created with. */
  readonly created: NonNullable<Change['set']>;
  readonly raises: { readonly position: string; readonly watermark: number }[];
}

/** What was told, and of a stage without keys the record that it is of. */
interface ToldOutput {
  readonly content: string;
  readonly record?: Place;
}

type Place = Pick<DeadLetter, 'lane' | 'position'>;

function recordOf(key: string): Place {
  const at = key.lastIndexOf('#');
  return { lane: key.slice(0, at), position: key.slice(at + 1) };
}

/** Watches the writes that take effect, and what is told. */
export class Invariants {
  readonly histories = new Map<string, LaneHistory>();
  readonly outputs = new Map<string, ToldOutput>();
  readonly #highest = new Map<string, number | string>();
  /** The lanes that hold a stage. */
  readonly #sets = new Map<string, readonly string[]>();
  readonly #watermarks = new Map<string, number>();
  readonly #ended = new Set<string>();
  readonly #putBack = new Set<string>();
  /** The epoch of each lane when it came into its set. */
  readonly #epochs = new Map<string, number>();
  /** By stage, the highest target of any of its buckets. */
  readonly #closed = new Map<string, number>();
  /** How many records of each lane are to be in results. */
  readonly #taken = new Map<string, number>();
  /** True of a stage that has no segments. */
  readonly #isRelayed: (stage: string) => boolean;
  /** What attempts have written that are not visible yet. */
  readonly #segments = new Map<string, readonly { bucket: string; lastSlot: number }[]>();

  /** How many lanes there had been when a lane was first seen to be idle at a position. */
  readonly #idleSince = new Map<string, number>();
  readonly #everIdle = new Set<string>();

  /** How far each lane was read when stages came that read it as well. */
  readonly #reached = new Map<string, string>();

  /** Of a lane as its source calls it. */
  readonly #parentsOf: (lane: string) => readonly string[];

  constructor(
    isRelayed: (stage: string) => boolean,
    parentsOf: (lane: string) => readonly string[] = () => [],
  ) {
    this.#isRelayed = isRelayed;
    this.#parentsOf = parentsOf;
  }

  /** A store that is watched. */
  watched(store: Store, changed: (item: Item) => void): Store {
    const watched: Store = {
      ...store,
      get: (table, key) => store.get(table, key),
      getAll: (table, keys) => store.getAll(table, keys),
      query: (table, range, next) => store.query(table, range, next),
      update: async (table, key, change, condition) => {
        const item = await store.update(table, key, change, condition);
        if (item !== undefined && table === 'control') {
          this.#wrote(key, change, item);
          changed(item);
        }
        return item;
      },
      putAll: async (table, items) => {
        await store.putAll(table, items);
        if (table === 'state') for (const item of items) this.#filed(item);
      },
      until: () => watched,
    };
    return watched;
  }

  /** A source whose probes are watched: a lane is idle for whoever was told so, and for nobody else. */
  probing(source: Source): Source {
    return {
      shards: () => source.shards(),
      probe: async (lane, after) => {
        const probe = await source.probe(lane, after);
        if (!probe.behind && !probe.drained) this.#wasIdle(lane, after ?? BEFORE_ALL);
        return probe;
      },
    };
  }

  /** An output has one content, whoever computes it, and however often. */
  told(sink: string, output: Output, isRelayed: boolean): void {
    const { stage, bucket, slot, chunk, key, index, ...rest } = output;
    const identity = JSON.stringify([sink, stage, bucket, slot, chunk, key, index]);
    const content = JSON.stringify(rest);
    const before = this.outputs.get(identity);
    if (before !== undefined && before.content !== content) {
      throw new Broken(`output ${identity} was ${before.content}, and is ${content}`);
    }
    this.outputs.set(identity, isRelayed ? { content, record: recordOf(key) } : { content });
  }

  /** A stage that comes now may begin there. */
  wasReached(lane: Item): void {
    const name = atSource(laneOf(lane));
    const before = this.#reached.get(name) ?? BEFORE_ALL;
    const position = String(lane.position);
    if (isAfter(position, before)) this.#reached.set(name, position);
  }

  #wrote(key: Key, { set }: Change, item: Item): void {
    if (set === undefined) return;
    this.#neverBack(key, item);
    if (key.sk === 'lanes') this.#wroteSet(key.pk, item.lanes as readonly string[]);
    if (set.target !== undefined) this.#closes(key, Number(set.target));
    if (key.sk.startsWith('lane#')) this.#wroteLane(key, set, item);
  }

  #wroteSet(stage: string, lanes: readonly string[]): void {
    const before = this.#sets.get(stage) ?? [];
    this.#sets.set(stage, lanes);
    for (const lane of lanes) {
      if (before.includes(lane)) continue;
      this.#epochs.set(
        `${stage} ${lane}`,
        Number(this.#highest.get(`${stage} lane#${lane} epoch`)),
      );
      this.#takesPart(stage, lane, before);
    }
  }

  /**
   * From where a lane takes part depends on nothing but those whose place it takes: no further than any of
   * its parents, so that what they would have taken is not late; and behind nothing that is closed.
   */
  #takesPart(stage: string, lane: string, before: readonly string[]): void {
    const watermark = this.#watermarks.get(`${stage} ${lane}`);
    // It is made once it is in the set.
    if (watermark === undefined) return;
    // It has ended and left, and whoever puts it back knows of that too late: nothing comes of it any more.
    if (this.#ended.has(`${stage} ${lane}`)) return void this.#putBack.add(`${stage} ${lane}`);
    const stream = lane.slice(0, lane.length - atSource(lane).length);
    for (const name of this.#parentsOf(atSource(lane))) {
      const parent = `${stream}${name}`;
      const reached = this.#watermarks.get(`${stage} ${parent}`) ?? Number.POSITIVE_INFINITY;
      const holds = before.includes(parent) && !this.#putBack.has(`${stage} ${parent}`);
      if (!holds || reached >= watermark) continue;
      throw new Broken(
        `${stage} ${lane} begins at ${watermark}, beyond its parent ${parent} at ${reached}`,
      );
    }
    this.#isBehindNothing(stage, lane, watermark);
  }

  #isBehindNothing(stage: string, lane: string, watermark: number): void {
    const closed = this.#closed.get(stage);
    if (closed === undefined || watermark + 1 >= closed) return;
    throw new Broken(`${stage} ${lane} begins at ${watermark}, and ${closed} is closed`);
  }

  #wroteLane(key: Key, set: NonNullable<Change['set']>, item: Item): void {
    const lane = laneOf(key);
    const id = `${key.pk} ${lane}`;
    this.#watermarks.set(id, Number(item.watermark));
    if (item.ended === 1) this.#ended.add(id);
    if (set.epoch === 0) {
      this.#begins(key, String(set.position));
      const takesPart = this.#sets.get(key.pk)?.includes(lane);
      if (takesPart) this.#isBehindNothing(key.pk, lane, Number(item.watermark));
      this.histories.set(id, { stage: key.pk, lane, created: set, raises: [] });
    } else if (set.watermark !== undefined && set.position === undefined) {
      this.#raises(key.pk, lane, item);
      const raise = { position: String(item.position), watermark: Number(set.watermark) };
      this.histories.get(id)?.raises.push(raise);
    } else if (set.committedEpoch !== undefined) {
      this.#accountedFor(`${id} ${set.committedEpoch}`, id, item);
      this.#becomesVisible(`${id} ${set.committedEpoch}`);
    }
  }

  #wasIdle(lane: string, position: string): void {
    const id = `${lane} ${position}`;
    if (!this.#idleSince.has(id)) this.#idleSince.set(id, this.histories.size);
    this.#everIdle.add(lane);
  }

  /**
   * A lane of the set is raised only where it was seen to be idle, and no further than any lane that has never
   * been idle.
   */
  #raises(stage: string, lane: string, item: Item): void {
    const set = this.#sets.get(stage) ?? [];
    // As a child is, to where its parents were, by an attempt that was claimed before it was in the set.
    const before = Number(item.committedEpoch) <= (this.#epochs.get(`${stage} ${lane}`) ?? 0);
    if (before || !set.includes(lane)) return;
    const watermark = Number(item.watermark);
    const since = this.#idleSince.get(`${atSource(lane)} ${item.position}`);
    if (since === undefined) {
      throw new Broken(`${stage} ${lane} is raised at ${item.position}, where it was not idle`);
    }
    const known = new Set([...this.histories.keys()].slice(0, since));
    for (const other of set) {
      const id = `${stage} ${other}`;
      const reached = this.#watermarks.get(id) ?? watermark;
      const isIdle = this.#everIdle.has(atSource(other)) || this.#ended.has(id);
      const wasBusy = known.has(id) && !isIdle;
      if (other === lane || !wasBusy || reached >= watermark) continue;
      throw new Broken(
        `${stage} ${lane} is raised to ${watermark}, beyond ${other} at ${reached}, which is not idle`,
      );
    }
  }

  /** At the beginning; or, if it came while others were running, after what they had read, and no further. */
  #begins(key: Key, position: string): void {
    const reached = this.#reached.get(atSource(laneOf(key))) ?? BEFORE_ALL;
    if (!isAfter(position, reached)) return;
    throw new Broken(`${key.pk} ${key.sk} begins at ${position}, after what comes to it`);
  }

  /** No slot closes before every lane that is in the set has passed it. */
  #closes(key: Key, target: number): void {
    const { stage = '' } = parseBucketKey(key) ?? {};
    this.#closed.set(stage, Math.max(target, this.#closed.get(stage) ?? target));
    for (const lane of this.#sets.get(stage) ?? []) {
      const watermark = this.#watermarks.get(`${stage} ${lane}`);
      // One that is in the set without being there yet begins behind what is under way.
      if (watermark === undefined || watermark + 1 >= target) continue;
      throw new Broken(`${key.pk} closes ${target} before lane ${lane}, which is at ${watermark}`);
    }
  }

  #filed(item: Item): void {
    const { lane, epoch, lastSlot } = parseSegmentKey(item);
    const at = item.pk.lastIndexOf('#');
    const attempt = `${item.pk.slice(0, at)} ${lane} ${epoch}`;
    const bucket = `${item.pk.slice(0, at)}#bucket${item.pk.slice(at)}`;
    const filed = this.#segments.get(attempt) ?? [];
    this.#segments.set(attempt, [...filed, { bucket, lastSlot }]);
  }

  /** Records that are neither filtered nor set aside are in what their attempt has written, before it commits. */
  #accountedFor(attempt: string, lane: string, item: Item): void {
    const { records, filtered, late, deadLetters } = item;
    const taken = Number(records) - Number(filtered) - Number(late) - Number(deadLetters);
    const before = this.#taken.get(lane) ?? 0;
    this.#taken.set(lane, taken);
    if (taken === before || this.#segments.has(attempt) || this.#isRelayed(item.pk)) return;
    throw new Broken(`${attempt} takes ${taken - before} records and has written none of them`);
  }

  /** What was fired does not change any more: an attempt adds to open slots alone. */
  #becomesVisible(attempt: string): void {
    for (const { bucket, lastSlot } of this.#segments.get(attempt) ?? []) {
      const target = this.#highest.get(`${bucket} fire target`);
      if (target === undefined || lastSlot > Number(target)) continue;
      throw new Broken(`${attempt} adds to slot ${lastSlot} of ${bucket}, closed up to ${target}`);
    }
    this.#segments.delete(attempt);
  }

  /** Positions, watermarks, targets and what is fired only rise. */
  #neverBack(key: Key, item: Item): void {
    for (const name of ['position', 'watermark', 'target', 'firedThrough', 'version', 'epoch']) {
      const now = item[name];
      if (typeof now !== 'number' && typeof now !== 'string') continue;
      const id = `${key.pk} ${key.sk} ${name}`;
      const before = this.#highest.get(id);
      this.#highest.set(id, now);
      if (before === undefined || before === now) continue;
      const wentBack =
        typeof now === 'string'
          ? isAfter(String(before), now) || now === BEFORE_ALL
          : now < Number(before);
      if (wentBack) throw new Broken(`${id} went back from ${before} to ${now}`);
    }
  }
}

/** A lane as its source calls it: where a stage reads several streams, the name of the stream comes first. */
export const atSource = (lane: string): string => lane.split('/').at(-1) ?? '';
