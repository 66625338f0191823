import type * as kms from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';

/** `prod` keeps data whatever happens to the stack; `dev` leaves nothing behind. */
export type DeploymentStage = 'dev' | 'prod';

/** What holds for all that one pipeline makes. */
export interface Deployment {
  /** What becomes of tables, queues and logs that leave the stack. */
  readonly removalPolicy: RemovalPolicy;
  /** Whether a table refuses to be deleted. */
  readonly deletionProtection: boolean;
  readonly logRetention: RetentionDays;
  /** For tables, queues and logs; `undefined`: keys that AWS owns. */
  readonly encryptionKey: kms.IKey | undefined;
}

/** What a deployment stage decides, where nothing else is said. */
export const deploymentOf = (
  stage: DeploymentStage,
  encryptionKey: kms.IKey | undefined,
): Deployment => ({ ...DEPLOYMENTS[stage], encryptionKey });

const DEPLOYMENTS: Readonly<Record<DeploymentStage, Omit<Deployment, 'encryptionKey'>>> = {
  dev: {
    removalPolicy: RemovalPolicy.DESTROY,
    deletionProtection: false,
    logRetention: RetentionDays.ONE_WEEK,
  },
  prod: {
    removalPolicy: RemovalPolicy.RETAIN,
    deletionProtection: true,
    logRetention: RetentionDays.THREE_MONTHS,
  },
};
