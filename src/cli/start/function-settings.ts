import type { Observation } from '../../observability/observer.ts';
import type { DeadLetterReason } from '../../sinks/dead-letter-sink.ts';
import type { Connection } from './deployment.ts';
import type { Places } from './places.ts';
import type { PipelineName, PlanChoice } from './reference-plans.ts';

/** A pipeline, and where it reads and writes. */
export interface Hosted {
  readonly choice: PlanChoice;
  readonly places: Places;
}

/** What the function's process is told, as JSON in one variable of its environment. */
export interface FunctionSettings {
  readonly connection: Connection;
  /** Whose functions live in the process: of one, or of several to spare a small machine. */
  readonly hosted: readonly Hosted[];
  /** Somebody looks at the console: it tells its metrics and letters too. */
  readonly isWatched: boolean;
}

/** What a process that hosts several is invoked with. */
export interface HostedEvent {
  readonly pipeline: PipelineName;
  readonly event: unknown;
}

export const SETTINGS_VARIABLE = 'TIDEMARK_START';

/** A result as it leaves the pipeline. */
export interface ToldOutput {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly value: unknown;
  readonly retracted?: boolean;
}

/** A record that is in no result, as the console shows it. */
export interface ToldLetter {
  readonly source: string;
  readonly lane: string;
  readonly position: string;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** The beginning of the record. */
  readonly text: string;
  /** Of a place for late events, its name; `undefined`: a dead letter. */
  readonly place?: string;
}

/** What the function's process tells, and of which pipeline. */
export interface ToldByFunction {
  readonly pipeline: PipelineName;
  readonly message: FunctionMessage;
}

export type FunctionMessage =
  | { readonly kind: 'observed'; readonly observation: Observation }
  | { readonly kind: 'fired'; readonly sink: string; readonly outputs: readonly ToldOutput[] }
  | { readonly kind: 'letters'; readonly letters: readonly ToldLetter[] }
  | { readonly kind: 'metrics'; readonly line: string }
  | {
      readonly kind: 'consumed';
      readonly table: string;
      readonly writeUnits?: number;
      readonly readUnits?: number;
    };
