import { CHUNK_MAX, type Envelope } from '../schema/envelope.ts';

/** What a lane has seen of one producer: of all chunks before this one everything, of later ones nothing. */
interface Progress {
  readonly chunk: string;
  /** A bit for each index. */
  readonly seen: Uint8Array;
  /** Arrival time until which copies may come, ms; `undefined`: for ever. */
  readonly until: number | undefined;
}

/** So many producers a lane remembers, those that it heard of last. */
const PRODUCERS_MAX = 1_000;
/** They are in the lane's item, which holds 400 KB: anybody may put records with names of any letters. */
const BYTES_MAX = 300_000;

/**
 * The records of producers that a lane has taken: by the chunk that each is in, and the indexes seen of
 * it. Chunks are complete before the next one is sent, so that this is all there is to remember,
 * in whatever order the records of a chunk come and however often.
 */
export class Producers {
  /** In the order in which they were last heard of. */
  readonly #progress: Map<string, Progress>;
  /** What they take as text, at most. */
  #bytes = 0;

  private constructor(progress: Map<string, Progress>) {
    this.#progress = progress;
    for (const [producer, { chunk }] of progress) this.#bytes += bytesMax(producer, chunk);
    this.#forget();
  }

  /** As `texts` has written it. */
  static parse(texts: readonly string[]): Producers {
    return new Producers(new Map(texts.map(parseProgress)));
  }

  /** What a lane begins with that continues others: the furthest that any of them has seen. */
  static merge(lanes: readonly (readonly string[])[]): Producers {
    const merged = new Map<string, Progress>();
    // Those that were heard of last come last, as in each of the lanes.
    const all = lanes.flatMap((texts) => texts.map((text, n) => ({ text, age: texts.length - n })));
    for (const { text } of all.sort((a, b) => b.age - a.age)) {
      const [producer, progress] = parseProgress(text);
      const known = merged.get(producer);
      merged.delete(producer);
      merged.set(producer, known === undefined ? progress : furthest(known, progress));
    }
    return new Producers(merged);
  }

  /** A copy of the record was taken before. */
  has({ producer, chunk, index }: Envelope): boolean {
    const known = this.#progress.get(producer);
    if (known === undefined || chunk > known.chunk) return false;
    return chunk < known.chunk || isSet(known.seen, index);
  }

  /** The record is taken; it arrived at that time, ms. */
  add({ producer, chunk, index, withinMs }: Envelope, arrivalTime: number): void {
    const known = this.#progress.get(producer);
    const seen = known?.chunk === chunk ? known.seen : new Uint8Array(SEEN_BYTES);
    seen[index >> 3] = (seen[index >> 3] ?? 0) | (1 << (index & 7));
    const until = withinMs === undefined ? undefined : arrivalTime + withinMs;
    if (known) this.#bytes -= bytesMax(producer, known.chunk);
    this.#bytes += bytesMax(producer, chunk);
    this.#progress.delete(producer);
    this.#progress.set(producer, { chunk, seen, until });
    this.#forget();
  }

  /** For the lane of `time`, ms: without those of which no copy can come any more. */
  texts(time: number): string[] {
    return [...this.#progress]
      .filter(([, { until }]) => until === undefined || until >= time)
      .map(([producer, progress]) => progressText(producer, progress));
  }

  /** Those that were not heard of for longest, if there are too many to keep. */
  #forget(): void {
    for (const [producer, { chunk }] of this.#progress) {
      if (this.#progress.size <= PRODUCERS_MAX && this.#bytes <= BYTES_MAX) return;
      this.#progress.delete(producer);
      this.#bytes -= bytesMax(producer, chunk);
    }
  }
}

/** What a lane begins with that continues others. */
export const mergedProducers = (lanes: readonly (readonly string[])[]): string[] =>
  Producers.merge(lanes).texts(Number.NEGATIVE_INFINITY);

function furthest(a: Progress, b: Progress): Progress {
  if (a.chunk !== b.chunk) return a.chunk > b.chunk ? a : b;
  const until =
    a.until === undefined || b.until === undefined ? undefined : Math.max(a.until, b.until);
  return { chunk: a.chunk, seen: a.seen.map((bits, at) => bits | (b.seen[at] ?? 0)), until };
}

const SEEN_BYTES = Math.ceil(CHUNK_MAX / 8);
const FOR_EVER = '-';
/** The bits of all indexes, a time, and what stands between. */
const FIXED_BYTES = 4 * Math.ceil(SEEN_BYTES / 3) + 20;

const bytesMax = (producer: string, chunk: string): number =>
  FIXED_BYTES + chunk.length + Buffer.byteLength(producer);

const isSet = (seen: Uint8Array, index: number): boolean =>
  ((seen[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

/** The name comes last, as it may contain anything. */
function progressText(producer: string, { chunk, seen, until }: Progress): string {
  const used = seen.findLastIndex((bits) => bits !== 0) + 1;
  const bits = Buffer.from(seen.subarray(0, used)).toString('base64');
  return `${chunk} ${bits} ${until ?? FOR_EVER} ${producer}`;
}

function parseProgress(text: string): [producer: string, progress: Progress] {
  const [, chunk = '', bits = '', until, producer = ''] =
    /^(\S+) (\S+) (\S+) (.*)$/s.exec(text) ?? [];
  const seen = new Uint8Array(SEEN_BYTES);
  seen.set(Buffer.from(bits, 'base64').subarray(0, SEEN_BYTES));
  return [producer, { chunk, seen, until: until === FOR_EVER ? undefined : Number(until) }];
}
