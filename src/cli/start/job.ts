import {
  type ClickstreamSettings,
  clicksPerPage,
} from '../../../functions/clickstream/pipeline.ts';
import type { Plan, StagePlan } from '../../topology/plan.ts';
import { detect, type KeyField } from './input.ts';
import type { StartOptions } from './options.ts';

/** What is to be done, from the options and a look at the input. */
export interface Job {
  readonly title: string;
  readonly input: string;
  readonly keyField: KeyField;
  /** Some of the actions that the input has. */
  readonly actionsSeen: readonly string[];
  readonly pipeline: ClickstreamSettings;
  readonly plan: Plan;
  readonly stage: StagePlan;
  /** The input has an end, so the last windows can be closed and the results be compared. */
  readonly ends: boolean;
  /** How long before the present generated events begin, ms. */
  readonly startedBeforeMs: number;
}

const HOUR_MS = 3_600_000;

const GENERATED = {
  keyField: 'url',
  actions: ['click', 'view', 'add_to_cart', 'purchase'],
} as const;

/** Says what the options ask for; looks into the input for the name of its key. */
export async function jobOf(options: StartOptions): Promise<Job> {
  const { keyField, actions } =
    options.input === undefined ? GENERATED : await detect(options.input);
  const ends = options.input !== undefined || options.events !== undefined;
  // An endless run goes fast for a while before it reaches the present; one that ends never reaches it.
  const startedBeforeMs = (ends ? 2 : 12) * HOUR_MS;
  const pipeline: ClickstreamSettings = {
    window: options.windowMs,
    outOfOrderness: options.outOfOrdernessMs,
    action: options.filterAction,
    key: keyField,
    maxDelay: ends ? 0 : maxDelayOf(startedBeforeMs),
  };
  const plan = clicksPerPage(pipeline);
  const input = options.input ?? `generated clickstream, seed ${options.seed}`;
  const stage = plan.stages[0] as StagePlan;
  return {
    title: `tidemark: ${stage.name} of ${input}`,
    input,
    keyField,
    pipeline,
    plan,
    stage,
    ends,
    startedBeforeMs,
    actionsSeen: actions,
  };
}

/**
 * What can be promised of events that are played from so long ago: they are older than their arrival by
 * all of that, and some were on their way besides. (Of an input that ends nothing is promised before it is
 * through, and no tick asks before then.)
 */
export const maxDelayOf = (startedBeforeMs: number): number => startedBeforeMs + HOUR_MS;
