import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { originsOf } from '../../console/guard.ts';
import { connectionHandler } from '../../sinks/connection-handler.ts';
import { connectionTable } from '../../sinks/connections.ts';
import type { PushPlace } from './places.ts';
import { startPushGateway } from './push-gateway.ts';

/** A WebSocket API of this run. */
export interface Push {
  readonly place: PushPlace;
  /** Where pages connect. */
  readonly url: string;
  /** Lets in the page that is served there, and those of no other site. */
  letIn(page: string): void;
  stop(): Promise<void>;
}

const CONNECTIONS = 'push-connections';

/** The API and the function behind it; the table comes with those of the pipelines that push. */
export async function startPush(client: DynamoDBClient): Promise<Push> {
  let origins: readonly string[] = [];
  const gateway = await startPushGateway({
    origins: () => origins,
    onConnection: connectionHandler({
      connections: connectionTable({ client, tableName: CONNECTIONS }),
      // By their origin the gateway has chosen among them already.
      admit: () => ({ admit: true }),
    }),
  });
  return {
    place: { connections: CONNECTIONS, endpoint: gateway.endpoint },
    url: gateway.url,
    letIn: (page) => {
      origins = originsOf(Number(new URL(page).port));
    },
    stop: () => gateway.stop(),
  };
}
