import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

export interface MonthlyBudgetProps {
  /** US dollars. */
  readonly budget: number;
  readonly topic: sns.ITopic;
}

/**
 * Tells when the stack has cost four fifths of what it may, and when it is forecast to cost more. It
 * goes by the tag `application`, which has to be activated once as a cost allocation tag.
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, { budget, topic }: MonthlyBudgetProps) {
    super(scope, id);
    const subscribers = [{ subscriptionType: 'SNS', address: topic.topicArn }];
    const when = (notificationType: string, threshold: number) => ({
      notification: { comparisonOperator: 'GREATER_THAN', notificationType, threshold },
      subscribers,
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: budget, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:application$${Stack.of(this).stackName}`] },
      },
      notificationsWithSubscribers: [when('ACTUAL', 80), when('FORECASTED', 100)],
    });
  }
}
