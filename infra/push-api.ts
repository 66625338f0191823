import { fileURLToPath } from 'node:url';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ConnectionTable, pushSink, type SinkBinding } from 'tidemark/cdk';

export interface PushApiProps {
  /** The folder of functions/ whose `connections.ts` stands behind `$connect` and `$disconnect`. */
  readonly folder: string;
}

/** New connections a second: each costs a function's time. */
const CONNECTS_PER_SECOND = 50;

/** A WebSocket API that lets in who signs the request and may, and the table of who is connected. */
export class PushApi extends Construct {
  readonly stage: WebSocketStage;
  /** For the sinks of a pipeline. */
  readonly sink: SinkBinding;

  constructor(scope: Construct, id: string, props: PushApiProps) {
    super(scope, id);
    const connections = new ConnectionTable(this, 'Connections');
    const handler = this.#createHandler(props, connections.table.tableName);
    connections.grantConnect(handler);
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.#createApi(props, handler),
      stageName: 'live',
      autoDeploy: true,
      throttle: { rateLimit: CONNECTS_PER_SECOND, burstLimit: CONNECTS_PER_SECOND },
    });
    Validations.of(this.stage).acknowledge(NO_ACCESS_LOG);
    this.sink = pushSink({ stage: this.stage, connections: connections.table });
    new CfnOutput(this, 'Url', { value: this.stage.url });
  }

  #createApi({ folder }: PushApiProps, handler: lambda.IFunction): WebSocketApi {
    const api = new WebSocketApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-${folder}`,
      description: `Pushes what functions/${folder} tells`,
    });
    api.addRoute('$connect', {
      integration: new WebSocketLambdaIntegration('Connect', handler),
      authorizer: new WebSocketIamAuthorizer(),
    });
    const disconnect = api.addRoute('$disconnect', {
      integration: new WebSocketLambdaIntegration('Disconnect', handler),
    });
    Validations.of(disconnect).acknowledge(ONLY_CONNECT_AUTHORIZES);
    return api;
  }

  #createHandler({ folder }: PushApiProps, tableName: string): lambda.Function {
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `Connections of ${folder}`,
    });
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    logGroup.grantWrite(role);
    return new NodejsFunction(this, 'Function', {
      ...{ role, logGroup },
      description: `Connections of ${folder}`,
      entry: fileURLToPath(new URL(`../functions/${folder}/connections.ts`, import.meta.url)),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(10),
      environment: { CONNECTIONS_TABLE: tableName },
      bundling: {
        minify: true,
        keepNames: true,
        bundleAwsSDK: true,
        mainFields: ['module', 'main'],
        esbuildArgs: { '--conditions': 'tidemark-source,module' },
      },
    });
  }
}

const ONLY_CONNECT_AUTHORIZES = {
  id: 'AwsSolutions-APIG4',
  reason: 'API Gateway takes an authorizer at $connect alone; who disconnects was let in there.',
};

const NO_ACCESS_LOG = {
  id: 'AwsSolutions-APIG1',
  reason:
    'A WebSocket API writes logs by a role that is set for the whole account, which is for no stack to change.',
};
