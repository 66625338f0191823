import { clicksPerPage } from '../../../functions/clickstream/pipeline.ts';
import type { ConsumedUnits } from '../../dynamodb/units.ts';
import { lambdaHandler } from '../../runtime/lambda/index.ts';
import { deadLetterTable } from '../../sinks/dynamodb-dead-letters.ts';
import { tableSink } from '../../sinks/dynamodb-table.ts';
import type { Sink } from '../../sinks/sink.ts';
import { kinesisSource } from '../../sources/kinesis.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import { clients } from './deployment.ts';
import {
  type FunctionMessage,
  type FunctionSettings,
  SETTINGS_VARIABLE,
} from './function-settings.ts';

/**
 * The function as `npm start` runs it, in a process of its own: what the Lambda function of the
 * reference deployment is made of, and telling what it does.
 */
const { connection, streamName, tables, pipeline } = JSON.parse(
  process.env[SETTINGS_VARIABLE] ?? '{}',
) as FunctionSettings;

const { kinesis, dynamodb: client } = clients(connection);

const tell = (message: FunctionMessage): void => {
  process.send?.(message);
};

const onConsumed = ({ table, writeUnits }: ConsumedUnits): void => {
  if (writeUnits !== undefined) tell({ kind: 'consumed', table, writeUnits });
};

const telling = (sink: Sink): Sink => ({
  async write(outputs) {
    await sink.write(outputs);
    tell({
      kind: 'fired',
      outputs: outputs.map(({ windowStart, windowEnd, key, value }) => ({
        windowStart,
        windowEnd,
        key,
        value: Number(value),
      })),
    });
  },
  until: (signal) => telling(sink.until(signal)),
});

export const handler = lambdaHandler(clicksPerPage(pipeline), {
  store: dynamoStore({ client, tables, onConsumed }),
  sources: { clicks: kinesisSource({ client: kinesis, streamName, now: Date.now }) },
  sinks: {
    'page-clicks': telling(tableSink({ client, tableName: tables.pageClicks, onConsumed })),
  },
  deadLetters: deadLetterTable({ client, tableName: tables.deadLetters, onConsumed }),
  // The view tells it.
  metrics: false,
  logger: false,
  observe: (observation) => tell({ kind: 'observed', observation }),
});
