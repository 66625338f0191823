import type { MetricName } from './metric-names.ts';
import type {
  FiredObservation,
  GatheredObservation,
  Observer,
  TickedObservation,
  TimedStep,
} from './observer.ts';
import { Sample } from './sample.ts';

/** What one invocation has to tell of one stage. */
export interface StageFigures {
  readonly pipeline: string;
  readonly stage: string;
  /** Counts are added up; of durations there is a list, of 100 at most. */
  readonly metrics: ReadonlyMap<MetricName, number | readonly number[]>;
  /** The lanes and buckets that it is about, or the first of them: too many to be dimensions. */
  readonly lanes: readonly string[];
  readonly buckets: readonly number[];
}

/** So many lanes and buckets are named. */
const NAMED_MAX = 20;

/** Adds up what is observed, by stage: nothing is said before it is asked for. */
export class Figures {
  readonly #pipeline: string;
  readonly #stages = new Map<string, Stage>();

  constructor(pipeline: string) {
    this.#pipeline = pipeline;
  }

  /** Everything since the last time, and forgets it. */
  take(): StageFigures[] {
    const all = [...this.#stages].map(([stage, { counts, samples, lanes, buckets }]) => ({
      pipeline: this.#pipeline,
      stage,
      metrics: new Map<MetricName, number | readonly number[]>([
        ...counts,
        ...[...samples].map(([name, sample]) => [name, sample.values()] as const),
      ]),
      lanes: [...lanes].slice(0, NAMED_MAX),
      buckets: [...buckets].slice(0, NAMED_MAX),
    }));
    this.#stages.clear();
    return all.filter(({ metrics }) => metrics.size > 0);
  }

  readonly observe: Observer = (seen) => {
    const stage = this.#of(seen.stage);
    if ('lane' in seen) stage.lanes.add(seen.lane);
    if ('bucket' in seen && seen.bucket !== undefined) stage.buckets.add(seen.bucket);
    switch (seen.kind) {
      case 'gathered':
        return gathered(stage, seen);
      case 'fired':
        return fired(stage, seen);
      case 'ticked':
        return ticked(stage, seen);
      case 'aborted':
        return stage.count('AttemptsAborted', seen.attempts);
      case 'refused':
        return stage.count('ConditionalFailures', 1);
      case 'spent':
        return stage.count('WriteUnits', seen.writeUnits);
      case 'failed':
        if (seen.bucket !== undefined) stage.count('FailedFirings', 1);
        return;
      case 'took':
        return stage.value(DURATIONS[seen.step], seen.ms);
    }
  };

  #of(name: string): Stage {
    const known = this.#stages.get(name);
    if (known !== undefined) return known;
    const stage = new Stage();
    this.#stages.set(name, stage);
    return stage;
  }
}

class Stage {
  readonly counts = new Map<MetricName, number>();
  readonly samples = new Map<MetricName, Sample>();
  readonly lanes = new Set<string>();
  readonly buckets = new Set<number>();

  /** What is rare is told only where it is: a metric that is never told costs nothing. */
  rare(name: MetricName, by: number): void {
    if (by > 0) this.count(name, by);
  }

  count(name: MetricName, by: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  value(name: MetricName, value: number): void {
    const sample = this.samples.get(name);
    if (sample !== undefined) sample.add(value);
    else this.samples.set(name, new Sample(value));
  }
}

function gathered(stage: Stage, seen: GatheredObservation): void {
  stage.count('RecordsGathered', seen.records);
  stage.count('RecordsFiltered', seen.filtered);
  stage.count('RecordsLate', seen.late);
  stage.rare('LateDropped', seen.late - seen.lateKept);
  stage.rare('LateSideOutput', seen.lateKept);
  stage.rare('LateAllowed', seen.lateAllowed);
  stage.count('DeadLetters', seen.deadLetters);
  stage.count('BytesGathered', seen.bytes);
  stage.rare('RecordsRepeated', seen.duplicates);
  stage.count('Batches', 1);
  stage.count('SegmentsWritten', seen.segments);
  const lag = seen.arrivalTime - seen.watermark;
  // Before the first event the watermark lies before all time.
  if (lag < LAG_MAX) stage.value('WatermarkLag', lag);
}

/** Older than everything that a log can hold, ms: 100 years. */
const LAG_MAX = 100 * 365 * 86_400_000;

function fired(stage: Stage, seen: FiredObservation): void {
  stage.count('WindowsFired', seen.outputs);
  stage.count('SlotsFired', seen.slots.length);
  stage.rare('DeadLetters', seen.deadLetters);
  for (const slot of seen.slots) stage.value('EndToEndLatency', seen.at - slot);
  if (seen.closedAt === undefined) return;
  stage.value('FiringLatency', seen.at - seen.closedAt);
  stage.value('FiringLag', seen.at - seen.closedAt);
}

function ticked(stage: Stage, { firingLagMs, lanes }: TickedObservation): void {
  if (firingLagMs !== undefined) stage.value('FiringLag', firingLagMs);
  if (lanes === undefined) return;
  stage.value('LaneHeldBack', lanes.heldBackMs);
  if (lanes.openSlots !== undefined) stage.count('OpenWindows', lanes.openSlots);
}

const DURATIONS: Readonly<Record<TimedStep, MetricName>> = {
  claim: 'ClaimDuration',
  fold: 'FoldDuration',
  write: 'WriteDuration',
  commit: 'CommitDuration',
  advance: 'AdvanceDuration',
  fire: 'FireDuration',
  emit: 'EmitDuration',
  tick: 'TickDuration',
};
