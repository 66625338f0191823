import { DeleteItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { refuseAfter } from '../deadline.ts';
import {
  type Access,
  type AccessOptions,
  accessUntil,
  call,
  openAccess,
} from '../dynamodb/access.ts';
import { batchPut } from '../dynamodb/batch-write.ts';
import { digest } from './identity.ts';

/** Whom a message is for. */
export type Audience = 'everyone' | { readonly user: string };

/** Who is connected. */
export interface Connections {
  /** `user`: whose connection it is, if it is somebody's. */
  add(connectionId: string, user?: string): Promise<void>;
  /** Does nothing for one that is not there. */
  remove(connectionId: string): Promise<void>;
  /** The connections that are open: of this user, or all. */
  of(audience: Audience): Promise<readonly string[]>;
  /** These connections for the length of one invocation: once `signal` aborts, nothing more is written. */
  until(signal: AbortSignal): Connections;
}

/** Where connections are kept. */
export interface ConnectionTableOptions extends AccessOptions {
  /** A table by `channel` (string) and `connectionId` (string), with `expires` as time to live. */
  readonly tableName: string;
  /** Wall time, ms. Default Date.now. */
  readonly clock?: () => number;
}

/** API Gateway ends a connection after two hours (quotas of WebSocket APIs); a table forgets it an hour later. */
const KEPT_MS = 3 * 3_600_000;
/** Those of everyone lie in so many partitions, as each takes 1,000 writes a second. */
const SHARES = 8;

/**
 * A DynamoDB table of connections, each under the channel of everyone and under that of its user. Errors
 * are thrown as in dynamoStore.
 */
export const connectionTable = (options: ConnectionTableOptions): Connections =>
  connectionsOver(openAccess(options, SHARES), options);

function connectionsOver(access: Access, options: ConnectionTableOptions): Connections {
  const { tableName: TableName, clock = Date.now } = options;
  const drop = async (channel: string, connectionId: string) => {
    const Key = { channel: { S: channel }, connectionId: { S: connectionId } };
    const command = new DeleteItemCommand({ TableName, Key, ReturnValues: 'ALL_OLD' });
    return (await call(access, (options) => access.client.send(command, options))).Attributes;
  };
  const members = async (channel: string): Promise<string[]> => {
    refuseAfter(access.signal);
    const query = {
      TableName,
      KeyConditionExpression: 'channel = :channel',
      ExpressionAttributeValues: { ':channel': { S: channel } },
      ConsistentRead: true,
    };
    const ids: string[] = [];
    for await (const { Items = [] } of paginateQuery({ client: access.client }, query)) {
      for (const { connectionId } of Items) ids.push(connectionId?.S ?? '');
    }
    return ids;
  };
  return {
    async add(connectionId, user) {
      const expires = String(Math.ceil((clock() + KEPT_MS) / 1_000));
      const channels = [shareOf(connectionId), ...(user === undefined ? [] : [userChannel(user)])];
      const items = channels.map((channel) => ({
        channel: { S: channel },
        connectionId: { S: connectionId },
        expires: { N: expires },
        ...(user === undefined ? {} : { user: { S: user } }),
      }));
      await batchPut(access, TableName, items);
    },
    async remove(connectionId) {
      const gone = await drop(shareOf(connectionId), connectionId);
      if (gone?.user?.S !== undefined) await drop(userChannel(gone.user.S), connectionId);
    },
    async of(audience) {
      if (audience !== 'everyone') return members(userChannel(audience.user));
      const shares = Array.from({ length: SHARES }, (_, n) => `everyone#${n}`);
      return (await Promise.all(shares.map(members))).flat();
    },
    until: (signal) => connectionsOver(accessUntil(access, signal), options),
  };
}

const userChannel = (user: string): string => `user#${user}`;

const shareOf = (connectionId: string): string =>
  `everyone#${digest(connectionId).charCodeAt(0) % SHARES}`;
