import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { CfnResource, Stack, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import { TABLE_KEYS, type TableContent, type TableKey } from '../schema/table-keys.ts';
import type { Deployment } from './deployment.ts';

/** A table, however it was made or brought in. (ITable is too narrow for TableV2 under exact optional types.) */
export type AnyTable = Omit<dynamodb.ITable, 'tableStreamArn'> & {
  readonly tableStreamArn?: string | undefined;
};

/** What may be chosen about the tables that are created. */
export interface TableSettings {
  /** Default on demand. */
  readonly billing?: dynamodb.Billing;
  /** Default true: 35 days. */
  readonly pointInTimeRecovery?: boolean;
  /** Default false: it costs by the event. */
  readonly contributorInsights?: boolean;
}

export interface TableOptions extends TableSettings {
  readonly holds: TableContent;
  readonly deployment: Deployment;
  /** The attribute by which items expire; none: they stay. */
  readonly expires?: string;
  readonly stream?: dynamodb.StreamViewType;
}

/**
 * A table with the key that its content asks for, encrypted and kept as the deployment says.
 *
 * @throws ConfigurationError REGION_UNKNOWN for an encryption key in a stack of no region
 */
export function createTable(scope: Construct, id: string, options: TableOptions): dynamodb.TableV2 {
  const { deployment, expires, stream } = options;
  const [partitionKey, sortKey] = TABLE_KEYS[options.holds].map(attribute);
  return new dynamodb.TableV2(scope, id, {
    partitionKey: partitionKey as dynamodb.Attribute,
    ...(sortKey && { sortKey }),
    billing: options.billing ?? dynamodb.Billing.onDemand(),
    pointInTimeRecoverySpecification: {
      pointInTimeRecoveryEnabled: options.pointInTimeRecovery ?? true,
    },
    contributorInsightsSpecification: { enabled: options.contributorInsights ?? false },
    encryption: encryptionOf(scope, deployment),
    deletionProtection: deployment.deletionProtection,
    removalPolicy: deployment.removalPolicy,
    ...(expires && { timeToLiveAttribute: expires }),
    ...(stream && { dynamoStream: stream }),
  });
}

/**
 * Refuses a table that is brought in with another key than its content asks for, as far as the app
 * itself defines the table; of others nothing is known.
 *
 * @throws ConfigurationError TABLE_KEY
 */
export function checkKey(name: string, table: AnyTable, holds: TableContent): void {
  const expected = textOf(TABLE_KEYS[holds]);
  const key = keyOf(table);
  if (key === undefined || textOf(key) === expected) return;
  throw new ConfigurationError(
    'TABLE_KEY',
    `the table for "${name}" is keyed by ${textOf(key)}`,
    `Key it by ${expected}, or leave it out: the construct creates one.`,
  );
}

/** The key of a table that the app itself defines; of others nothing is known. */
export function keyOf(table: AnyTable): [name: string, type: string][] | undefined {
  const resource = table.node.defaultChild;
  if (!(resource instanceof CfnResource)) return undefined;
  const { keySchema, attributeDefinitions = [] } = Stack.of(resource).resolve({
    keySchema: (resource as unknown as KeyProperties).keySchema,
    attributeDefinitions: (resource as unknown as KeyProperties).attributeDefinitions,
  }) as KeyProperties;
  const types = new Map(
    attributeDefinitions.map((one) => [one.attributeName, one.attributeType] as const),
  );
  return keySchema?.map(({ attributeName: name }) => [name, types.get(name) ?? '']);
}

/** A key in words. */
export const textOf = (key: readonly (readonly [string, string])[]): string =>
  key.map(([name, type]) => `${name} (${type})`).join(', ');

const attribute = ([name, type]: TableKey[number]): dynamodb.Attribute => ({
  name,
  type: type === 'N' ? dynamodb.AttributeType.NUMBER : dynamodb.AttributeType.STRING,
});

function encryptionOf(scope: Construct, { encryptionKey }: Deployment): dynamodb.TableEncryptionV2 {
  if (encryptionKey === undefined) return dynamodb.TableEncryptionV2.dynamoOwnedKey();
  if (!Token.isUnresolved(Stack.of(scope).region)) {
    return dynamodb.TableEncryptionV2.customerManagedKey(encryptionKey);
  }
  throw new ConfigurationError(
    'REGION_UNKNOWN',
    'tables are to be encrypted with a key, in a stack that is deployed to any region',
    "Name the stack's region: new Stack(app, id, { env: { region: 'eu-west-1' } }).",
  );
}

interface KeyProperties {
  readonly keySchema?: readonly { readonly attributeName: string }[];
  readonly attributeDefinitions?: readonly {
    readonly attributeName: string;
    readonly attributeType: string;
  }[];
}
