import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One run of a reference engine on one small input. All times in ms. */
export interface Vector {
  readonly name: string;
  readonly engine: 'kafka-streams' | 'flink' | 'beam-java-direct';
  readonly operator: string;
  readonly tags: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly facts: Readonly<Record<string, unknown>> & { readonly batchIdeal: boolean | null };
  /** In order of arrival. */
  readonly inputs: readonly Input[];
  readonly expected: Expected;
}

export interface Input {
  readonly i: number;
  readonly type: 'record' | 'watermark' | 'end' | 'tick' | 'idle' | 'active' | 'processing-time';
  readonly stream?: string;
  readonly key?: string | null;
  readonly value?: unknown;
  readonly ts?: number;
  readonly partition?: number;
  readonly processingTime?: number;
  readonly advance?: number;
}

export interface Expected {
  readonly updates: readonly Update[];
  readonly finals: readonly Final[];
  readonly late: readonly Late[];
  readonly onClose?: readonly Update[];
  readonly onCloseEmitStrategy?: readonly Update[];
  /** Of tables in groups, whose other results are sums. */
  readonly countUpdates?: readonly Update[];
  readonly countFinals?: readonly Final[];
  readonly watermarks?: readonly {
    readonly after: number;
    readonly watermark?: number | 'end';
    readonly status?: string;
  }[];
}

export interface Final {
  readonly key: string;
  readonly window: Bounds | null;
  readonly value?: unknown;
  /** Results of several aggregates at once, each under its name. */
  readonly [aggregate: string]: unknown;
}

export interface Bounds {
  readonly start: number;
  readonly end: number;
}

export interface Update extends Final {
  /** The input that caused it; Beam does not tell. */
  readonly after?: number;
}

export interface Late {
  readonly i: number;
  /** The windows for which it was dropped; absent: all. */
  readonly windows?: readonly Bounds[];
  readonly reason: string;
}

/** All vectors under a folder, by operator and name. Throws for a file of JSON that is none. */
export function readVectors(folder: string): Vector[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json') && path.basename(file) !== 'index.json')
    .map((file) => vectorOf(path.join(folder, file)))
    .sort((a, b) => compare(a.operator, b.operator) || compare(a.name, b.name));
}

function vectorOf(file: string): Vector {
  const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const { operator, tags, facts, inputs } = (read ?? {}) as Partial<Record<keyof Vector, unknown>>;
  const isVector = typeof operator === 'string' && Array.isArray(tags) && Array.isArray(inputs);
  if (isVector && typeof facts === 'object') return read as Vector;
  throw new Error(`${file} is no vector`);
}

/** A setting that is a number, or `undefined`. */
export function numberIn(settings: unknown, name: string): number | undefined {
  const value = (settings as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'number' ? value : undefined;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
