import type { ClickstreamSettings } from '../../../functions/clickstream/pipeline.ts';
import type { Observation } from '../../observability/observer.ts';
import type { Connection, Deployment } from './deployment.ts';
import type { FiredOutput } from './model.ts';

/** What the function's process is told, as JSON in one variable of its environment. */
export interface FunctionSettings {
  readonly connection: Connection;
  readonly streamName: string;
  readonly tables: Deployment['tables'];
  readonly pipeline: ClickstreamSettings;
}

export const SETTINGS_VARIABLE = 'TIDEMARK_START';

/** What the function's process tells. */
export type FunctionMessage =
  | { readonly kind: 'observed'; readonly observation: Observation }
  | { readonly kind: 'fired'; readonly outputs: readonly FiredOutput[] }
  | { readonly kind: 'consumed'; readonly table: string; readonly writeUnits: number };
