import type * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { given } from './given.ts';
import { type MessageSinkSettings, producerOf } from './message-sinks.ts';
import { ACTIONS, grantOn, grantWriteTable } from './permissions.ts';
import type { SinkBinding } from './sink-binding.ts';
import type { AnyTable } from './tables.ts';

/** How a push sink is bound. */
export interface PushSinkSettings extends MessageSinkSettings {
  /** The deployed stage of the WebSocket API that clients are connected to. */
  readonly stage: Pick<apigateway.WebSocketStage, 'api' | 'stageName' | 'callbackUrl'>;
  /** Who is connected: a ConnectionTable, which the handler of `$connect` and `$disconnect` writes. */
  readonly connections: AnyTable;
}

/** Clients of a WebSocket API as a sink: `push(name)` in the plan. */
export const pushSink = ({ stage, connections, ...settings }: PushSinkSettings): SinkBinding => ({
  bind(scope, { writers }) {
    const stack = Stack.of(scope);
    // To post to a connection, and to end one that takes nothing.
    const arns = ['POST', 'DELETE'].map((method) =>
      stack.formatArn({
        service: 'execute-api',
        resource: stage.api.apiId,
        resourceName: `${stage.stageName}/${method}/@connections/*`,
      }),
    );
    const everyConnection = (arn: string) => ({
      id: `AwsSolutions-IAM5[Resource::${flat(stack.resolve(arn))}]`,
      reason: 'API Gateway names connections as they come; they are those of one stage of one API.',
    });
    for (const writer of writers) {
      for (const arn of arns) {
        grantOn(writer, arn, ACTIONS.pushTo);
        if (writer.role) Validations.of(writer.role).acknowledge(everyConnection(arn));
      }
      grantWriteTable(writer, connections, ACTIONS.readConnections);
    }
    return {
      resource: {
        kind: 'push',
        name: connections.tableName,
        endpoint: stage.callbackUrl,
        producer: producerOf(scope, settings),
      },
      grantRead() {}, // Whoever reads connects to the API.
    };
  },
});

/** What CloudFormation would join, as cdk-nag writes it. */
interface Joined {
  readonly 'Fn::Join': readonly [
    separator: string,
    parts: readonly (string | { readonly Ref: string })[],
  ];
}

const flat = (arn: string | Joined): string =>
  typeof arn === 'string'
    ? arn
    : arn['Fn::Join'][1]
        .map((part) => (typeof part === 'string' ? part : `<${part.Ref}>`))
        .join(arn['Fn::Join'][0]);

/** How the table of connections is made. */
export interface ConnectionTableProps {
  /** Default: a key that AWS owns. */
  readonly encryption?: dynamodb.TableEncryptionV2;
}

/** Who is connected to a WebSocket API; gone with the stack, as connections are. */
export class ConnectionTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, { encryption }: ConnectionTableProps = {}) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      partitionKey: { name: 'channel', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'connectionId', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'expires',
      removalPolicy: RemovalPolicy.DESTROY,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...given({ encryption }),
    });
  }

  /** Lets the handler of `$connect` and `$disconnect` keep it. */
  grantConnect(handler: iam.IGrantable): void {
    grantWriteTable(handler, this.table, ACTIONS.connect);
  }
}
