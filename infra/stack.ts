import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import attribution from '../functions/attribution/pipeline.ts';
import cart from '../functions/cart/pipeline.ts';
import clickstream from '../functions/clickstream/pipeline.ts';
import enrichment from '../functions/enrichment/pipeline.ts';
import fraud from '../functions/fraud/pipeline.ts';
import hotPages from '../functions/hot-pages/pipeline.ts';
import revenue from '../functions/revenue/pipeline.ts';
import sessions from '../functions/sessions/pipeline.ts';
import { MonthlyBudget } from './budget.ts';
import { FolderPipeline } from './folder-pipeline.ts';
import { Notices } from './notices.ts';
import { PushApi } from './push-api.ts';
import type { Settings } from './settings.ts';

/** The reference deployment: the pipelines of `functions/`, each with its streams. */
export class TidemarkStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, { description: 'Event-time pipelines of a web shop', ...props });
    const { stage, onDemand, shards, pipelines, budget } = settings;
    const { topic } = new Notices(this, 'Notices', settings);
    const common = { stage, onDemand, shards, topic };

    // A pipeline is a folder of functions/ and a line here.
    new FolderPipeline(this, 'Clickstream', { ...common, plan: clickstream });
    new FolderPipeline(this, 'Cart', { ...common, plan: cart });
    if (pipelines === 'all') {
      new FolderPipeline(this, 'Attribution', { ...common, plan: attribution });
      new FolderPipeline(this, 'Enrichment', { ...common, plan: enrichment });
      const { sink } = new PushApi(this, 'FraudPush', { folder: 'fraud' });
      new FolderPipeline(this, 'Fraud', { ...common, plan: fraud, sinks: { 'fraud-push': sink } });
      new FolderPipeline(this, 'HotPages', { ...common, plan: hotPages });
      new FolderPipeline(this, 'Revenue', { ...common, plan: revenue });
      new FolderPipeline(this, 'Sessions', { ...common, plan: sessions });
    }

    new MonthlyBudget(this, 'Budget', { budget, topic });
  }
}
