import type { Observation } from '../../observability/observer.ts';
import { MIN_TIME } from '../../time/watermark.ts';

/** When every run begins, ms: times in its trace are since then. */
export const START = Date.UTC(2026, 0, 1);

/** Fields whose values are instants. */
const TIMES = new Set(['watermark', 'target', 'through', 'slots', 'at', 'closedAt', 'arrivalTime']);

/** What the engine tells, for a person to read; `undefined` of what says nothing about how it came to a failure. */
export function observationLine(seen: Observation): string | undefined {
  if (seen.kind === 'took' || seen.kind === 'spent') return undefined;
  if (seen.kind === 'ticked' && seen.lagging === 0 && !seen.lanes?.behind) return undefined;
  const { kind, stage, ...rest } = seen;
  const fields = Object.entries(rest).flatMap(([name, value]) => field(name, value));
  return [kind, stage, ...fields].join(' ');
}

/** Counts of nothing are left out. */
function field(name: string, value: unknown): string[] {
  if (value === undefined || (value === 0 && name !== 'bucket' && !TIMES.has(name))) return [];
  if (Array.isArray(value) && value.length === 0) return [];
  if (value instanceof Error) return [`${name}: ${textOf(value)}`];
  if (TIMES.has(name)) return [`${name}=${[value].flat().map(sinceStart).join(',')}`];
  return [`${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`];
}

const sinceStart = (time: unknown): string =>
  time === MIN_TIME ? 'never' : String(Number(time) - START);

function textOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  return code === undefined ? error.message : `${String(code)}: ${error.message}`;
}
