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
}

const GENERATED = {
  keyField: 'url',
  actions: ['click', 'view', 'add_to_cart', 'purchase'],
} as const;

/** Says what the options ask for; looks into the input for the name of its key. */
export async function jobOf(options: StartOptions): Promise<Job> {
  const { keyField, actions } =
    options.input === undefined ? GENERATED : await detect(options.input);
  const ends = options.input !== undefined || options.events !== undefined;
  const pipeline: ClickstreamSettings = {
    window: options.windowMs,
    outOfOrderness: options.outOfOrdernessMs,
    action: options.filterAction,
    key: keyField,
    // Played events are older than their arrival by any measure: nothing is promised about their
    // delay before the input is through, and no tick asks before then.
    ...(ends ? { maxDelay: 0 } : {}),
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
    actionsSeen: actions,
  };
}
