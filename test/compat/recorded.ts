import { readFileSync, writeFileSync } from 'node:fs';
import type { Stored, Told } from './played.ts';

/** What a release left in the tables, and what has to come of it: a line of JSON for each item and row. */
export interface Recorded {
  readonly stored: readonly Stored[];
  readonly told: readonly Told[];
}

export function writeRecorded(file: URL, { stored, told }: Recorded): void {
  const lines = [...stored, ...told].map((line) => JSON.stringify(line, bytesAsText));
  writeFileSync(file, `${lines.join('\n')}\n`);
}

export function readRecorded(file: URL): Recorded {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const all = lines.map((line) => JSON.parse(line, bytesFromText) as Stored | Told);
  return {
    stored: all.filter((line): line is Stored => 'table' in line),
    told: all.filter((line): line is Told => 'sink' in line),
  };
}

function bytesAsText(this: unknown, key: string, value: unknown): unknown {
  // JSON.stringify asks a Buffer for its own form before it comes here.
  const kept = (this as Record<string, unknown>)[key];
  return kept instanceof Uint8Array ? { bytes: Buffer.from(kept).toString('base64') } : value;
}

function bytesFromText(_: string, value: unknown): unknown {
  const { bytes } = (value ?? {}) as { bytes?: unknown };
  return typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes, 'base64')) : value;
}
