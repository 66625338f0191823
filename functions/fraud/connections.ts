import { connectionHandler, connectionTable, dynamoClient } from 'tidemark/aws';

/** Set by whoever deploys the WebSocket API. */
const { CONNECTIONS_TABLE: tableName = '' } = process.env;

/** Behind `$connect` and `$disconnect`: the API itself lets nobody in whose request is not signed. */
export const handler = connectionHandler({
  connections: connectionTable({ client: dynamoClient(), tableName }),
  admit: () => ({ admit: true }),
});
