import { ApiGatewayManagementApi } from '@aws-sdk/client-apigatewaymanagementapi';
import { connectionTable, dynamoClient, fromEnvironment, pushSink } from 'tidemark/aws';
import { lambdaHandler } from 'tidemark/lambda';
import plan from './pipeline.ts';

const client = dynamoClient();

export const handler = lambdaHandler(
  plan,
  fromEnvironment(plan, {
    client,
    sinks: {
      push: ({ name, endpoint = '', producer = '' }, { deadLetters }) =>
        pushSink({
          client: new ApiGatewayManagementApi({ endpoint }),
          connections: connectionTable({ client, tableName: name }),
          ...{ producer, deadLetters },
        }),
    },
  }),
);
