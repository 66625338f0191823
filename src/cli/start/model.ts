import type { Observation } from '../../observability/observer.ts';

/** What a person who watches the pipeline sees. A value: every change makes the next one. */
export interface StartModel {
  readonly title: string;
  /** Shown below the rest, such as where the results are. */
  readonly notes: readonly string[];
  /** Records put into the stream. */
  readonly put: number;
  /** Records that the pipeline has read. */
  readonly gathered: number;
  /** Records put a second of wall time, lately. */
  readonly ratePerSecond: number;
  /** Watermark of each lane, ms. */
  readonly watermarks: ReadonlyMap<string, number>;
  /** Ends of windows that hold events and have not fired, ms, ascending. */
  readonly openWindows: readonly number[];
  /** The latest windows with results, newest first. */
  readonly closedWindows: readonly ClosedWindow[];
  /** Ends of all windows with results, ms, in the order of their first result. */
  readonly closedEnds: readonly number[];
  readonly late: number;
  readonly deadLettered: number;
  readonly filtered: number;
  /** The last thing that went wrong. */
  readonly failure: string | undefined;
  /** What was put until when; the rate is read from them. */
  readonly samples: readonly { readonly at: number; readonly put: number }[];
}

/** A window and its results so far; its buckets fire one by one. */
export interface ClosedWindow {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly values: ReadonlyMap<string, number>;
  /** Wall time of the last result, ms. */
  readonly changedAt: number;
}

/** One result as it leaves the pipeline. */
export interface FiredOutput {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly key: string;
  readonly value: number;
}

/** What can happen; `at` is wall time, ms. */
export type Change =
  | { readonly kind: 'put'; readonly at: number; readonly records: number }
  | { readonly kind: 'observed'; readonly observation: Observation }
  | { readonly kind: 'fired'; readonly at: number; readonly outputs: readonly FiredOutput[] }
  | { readonly kind: 'tick'; readonly at: number }
  | { readonly kind: 'noted'; readonly notes: readonly string[] };

const CLOSED_WINDOWS_KEPT = 20;
const RATE_SPAN_MS = 5_000;
const SAMPLE_EVERY_MS = 100;

/** The model before anything happened. */
export function newModel(title: string, notes: readonly string[] = []): StartModel {
  return {
    title,
    notes,
    put: 0,
    gathered: 0,
    ratePerSecond: 0,
    watermarks: new Map(),
    openWindows: [],
    closedWindows: [],
    closedEnds: [],
    late: 0,
    deadLettered: 0,
    filtered: 0,
    failure: undefined,
    samples: [],
  };
}

/** The model after a change. `put` carries the number of all records put so far. */
export function reduce(model: StartModel, change: Change): StartModel {
  switch (change.kind) {
    case 'put':
      return sampled({ ...model, put: change.records }, change.at);
    case 'tick':
      return sampled(model, change.at);
    case 'noted':
      return { ...model, notes: change.notes };
    case 'fired':
      return fired(model, change.outputs, change.at);
    case 'observed':
      return observed(model, change.observation);
  }
}

function sampled(model: StartModel, at: number): StartModel {
  const recent = model.samples.filter((sample) => at - sample.at <= RATE_SPAN_MS);
  const last = recent.at(-1);
  const isDue = last === undefined || at - last.at >= SAMPLE_EVERY_MS;
  const samples = isDue ? [...recent, { at, put: model.put }] : recent;
  const [first] = samples;
  const elapsedMs = first === undefined ? 0 : at - first.at;
  const ratePerSecond =
    first === undefined || elapsedMs === 0 ? 0 : ((model.put - first.put) * 1_000) / elapsedMs;
  return { ...model, samples, ratePerSecond };
}

function observed(model: StartModel, observation: Observation): StartModel {
  switch (observation.kind) {
    case 'gathered':
      return gathered(model, observation);
    case 'raised':
      return { ...model, watermarks: withWatermark(model, observation) };
    case 'failed':
      return { ...model, failure: `${observation.what}: ${messageOf(observation.error)}` };
    default:
      return model;
  }
}

function gathered(
  model: StartModel,
  batch: Extract<Observation, { kind: 'gathered' }>,
): StartModel {
  return {
    ...model,
    gathered: model.gathered + batch.records,
    late: model.late + batch.late,
    deadLettered: model.deadLettered + batch.deadLetters,
    filtered: model.filtered + batch.filtered,
    watermarks: withWatermark(model, batch),
    openWindows: opened(model, batch.slots),
  };
}

/** Never back: observations of two attempts may come in either order. */
function withWatermark(
  model: StartModel,
  { lane, watermark }: { lane: string; watermark: number },
): ReadonlyMap<string, number> {
  const known = model.watermarks.get(lane) ?? Number.NEGATIVE_INFINITY;
  return new Map(model.watermarks).set(lane, Math.max(known, watermark));
}

function fired(model: StartModel, outputs: readonly FiredOutput[], at: number): StartModel {
  const ends = new Set(outputs.map((output) => output.windowEnd));
  // Searched from the end: what closes now has mostly closed lately or never.
  const unseen = [...ends].filter((end) => model.closedEnds.lastIndexOf(end) < 0);
  return {
    ...model,
    openWindows: model.openWindows.filter((end) => !ends.has(end)),
    closedEnds: unseen.length === 0 ? model.closedEnds : [...model.closedEnds, ...unseen],
    closedWindows: withOutputs(model.closedWindows, outputs, at),
  };
}

function withOutputs(
  windows: readonly ClosedWindow[],
  outputs: readonly FiredOutput[],
  at: number,
): readonly ClosedWindow[] {
  const byEnd = new Map(windows.map((window) => [window.windowEnd, window]));
  const values = new Map<number, Map<string, number>>();
  for (const { windowStart, windowEnd, key, value } of outputs) {
    const known = values.get(windowEnd) ?? new Map(byEnd.get(windowEnd)?.values);
    values.set(windowEnd, known.set(key, value));
    byEnd.set(windowEnd, { windowStart, windowEnd, values: known, changedAt: at });
  }
  return [...byEnd.values()]
    .sort((a, b) => b.windowEnd - a.windowEnd)
    .slice(0, CLOSED_WINDOWS_KEPT);
}

/** Ends of windows that are open now; an observation may come later than the firing that it led to. */
function opened(model: StartModel, slots: readonly number[]): readonly number[] {
  const unseen = slots.filter(
    (slot) => !model.openWindows.includes(slot) && model.closedEnds.lastIndexOf(slot) < 0,
  );
  if (unseen.length === 0) return model.openWindows;
  return [...model.openWindows, ...unseen].sort((a, b) => a - b);
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
