import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EXPIRES } from '../schema/table-keys.ts';
import { type DeploymentStage, deploymentOf } from './deployment.ts';
import { type AnyTable, createTable, type TableSettings } from './tables.ts';

/** How the two tables of the protocol are made. */
export interface StateTablesProps extends TableSettings {
  /** Default `prod`. */
  readonly stage?: DeploymentStage;
  /** Default: a key that DynamoDB owns. */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What one pipeline remembers: `control`, whose changes start the firing, and `state`, with segments
 * and the state of keys. Both on demand, with point-in-time recovery, encrypted, and with items that
 * expire by `expires`; in `prod` they refuse to be deleted and stay when the stack goes.
 */
export class StateTables extends Construct {
  readonly control: AnyTable;
  readonly state: AnyTable;

  constructor(scope: Construct, id: string, props: StateTablesProps = {}) {
    super(scope, id);
    const { stage = 'prod', encryptionKey, ...settings } = props;
    const common = {
      ...settings,
      holds: 'protocol',
      deployment: deploymentOf(stage, encryptionKey),
      expires: EXPIRES,
    } as const;
    // The new image alone: a bucket's item says by itself what there is to fire.
    const stream = dynamodb.StreamViewType.NEW_IMAGE;
    this.control = createTable(this, 'Control', { ...common, stream });
    this.state = createTable(this, 'State', common);
  }
}
