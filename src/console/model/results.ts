import type { RowSnapshot, SinkSnapshot } from '../snapshot.ts';

/** A result as it left the pipeline. */
export interface ToldResult {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: unknown;
  readonly retracted?: boolean;
}

const ROWS_KEPT = 60;
const VALUE_TEXT_MAX = 400;

/** The newest results of one sink, and how many there were. */
export class Results {
  readonly #name: string;
  readonly #isCount: boolean;
  readonly #rows: RowSnapshot[] = [];
  /** Of a sink of counts, each row's: told twice, it still counts once. */
  #counts = new Map<string, number>();
  #sum = 0;
  total = 0;

  /** `isCount`: its rows are counts of records. */
  constructor(name: string, isCount: boolean) {
    this.#name = name;
    this.#isCount = isCount;
  }

  /** How many records are in the rows; `undefined` where they are no counts. */
  get counted(): number | undefined {
    return this.#isCount ? this.#sum : undefined;
  }

  told(results: readonly ToldResult[]): void {
    this.total += results.length;
    if (this.#isCount) for (const result of results) this.#count(result);
    this.#rows.unshift(...results.slice(-ROWS_KEPT).reverse().map(rowOf));
    this.#rows.length = Math.min(this.#rows.length, ROWS_KEPT);
  }

  /** What the table itself has: a process that was killed may not have told all. */
  recount(rows: readonly ToldResult[]): void {
    this.#counts = new Map();
    this.#sum = 0;
    for (const row of rows) this.#count(row);
  }

  snapshot(): SinkSnapshot {
    return { name: this.#name, total: this.total, rows: this.#rows };
  }

  #count({ key, windowStart, value }: ToldResult): void {
    const id = `${windowStart} ${key}`;
    this.#sum += Number(value) - (this.#counts.get(id) ?? 0);
    this.#counts.set(id, Number(value));
  }
}

function rowOf({ key, windowStart, windowEnd, value, retracted }: ToldResult): RowSnapshot {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return {
    key,
    start: windowStart,
    end: windowEnd,
    value: text.length > VALUE_TEXT_MAX ? `${text.slice(0, VALUE_TEXT_MAX)}…` : text,
    number: numberIn(value),
    retracted: retracted === true,
  };
}

function numberIn(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.values(value).find((part) => typeof part === 'number') ?? null;
}
