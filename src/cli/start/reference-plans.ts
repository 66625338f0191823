import { clicksToPurchases } from '../../../functions/attribution/pipeline.ts';
import { shoppingCarts } from '../../../functions/cart/pipeline.ts';
import { clicksPerPage } from '../../../functions/clickstream/pipeline.ts';
import { enrichedEvents } from '../../../functions/enrichment/pipeline.ts';
import { fraudAlerts } from '../../../functions/fraud/pipeline.ts';
import { hotPages } from '../../../functions/hot-pages/pipeline.ts';
import { revenueByTier } from '../../../functions/revenue/pipeline.ts';
import { visits } from '../../../functions/sessions/pipeline.ts';
import type { Plan } from '../../topology/plan.ts';

/** The pipelines of functions/, each with what it takes as settings. */
const PLANS = {
  clickstream: clicksPerPage,
  'hot-pages': hotPages,
  sessions: visits,
  attribution: clicksToPurchases,
  enrichment: enrichedEvents,
  revenue: revenueByTier,
  fraud: fraudAlerts,
  cart: shoppingCarts,
} as const;

export type PipelineName = keyof typeof PLANS;

/** A pipeline of functions/ and its settings: plain data, so that it can cross into another process. */
export type PlanChoice = {
  readonly [N in PipelineName]: {
    readonly name: N;
    readonly settings: Parameters<(typeof PLANS)[N]>[0];
  };
}[PipelineName];

/** All that run beside the clickstream, in the order in which they are shown. */
export const COMPANIONS = (Object.keys(PLANS) as PipelineName[]).filter(
  (name) => name !== 'clickstream',
);

export const planOf = ({ name, settings }: PlanChoice): Plan =>
  (PLANS[name] as (given: unknown) => Plan)(settings);
