import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import cart from '../functions/cart/pipeline.ts';
import clickstream from '../functions/clickstream/pipeline.ts';
import { MonthlyBudget } from './budget.ts';
import { FolderPipeline } from './folder-pipeline.ts';
import { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** The reference deployment: the pipelines of `functions/`, each with its streams. */
export class TidemarkStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, { description: 'Event-time pipelines of a web shop', ...props });
    const { stage, onDemand, shards, budget } = settings;
    const { topic } = new Notices(this, 'Notices', settings);
    const common = { stage, onDemand, shards, topic };

    // A pipeline is a folder of functions/ and a line here.
    new FolderPipeline(this, 'Clickstream', { ...common, plan: clickstream });
    new FolderPipeline(this, 'Cart', { ...common, plan: cart });

    new MonthlyBudget(this, 'Budget', { budget, topic });
  }
}
