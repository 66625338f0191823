import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { ConfigurationError, InterruptedError } from '../../errors.ts';
import type { KinesisEventRecord } from '../../runtime/local/kinesis-event.ts';
import { startKinesisPoller } from '../../runtime/local/kinesis-poller.ts';
import type { StartAt } from '../../runtime/local/shard-reader.ts';
import { printable } from '../start/terminal-text.ts';
import { explained } from './aws-failure.ts';
import { type Clients, withClients } from './deployed.ts';
import { timeText } from './moment.ts';
import { dataJson } from './record-text.ts';
import type { Ready } from './run-command.ts';
import type { Screen, Terminal } from './terminal.ts';

/** What `tidemark tail` is given. */
export interface TailFlags {
  readonly from: StartAt;
  /** It ends after so many records; left out: never. */
  readonly limit?: number;
  /** False: it ends when all that is there was shown. */
  readonly follow: boolean;
  readonly json?: boolean;
}

/** Makes ready to show what is put into a stream, as it comes. */
export async function prepareTail(
  stream: string,
  flags: TailFlags,
  terminal: Terminal,
): Promise<Ready> {
  return () =>
    withClients(async ({ kinesis }) => {
      await checkStream(kinesis, stream);
      await follow(kinesis, stream, { flags, terminal });
    });
}

/** How often a shard without news is asked, ms; and how soon a full one ends. */
const POLL_MS = 500;

async function follow(
  client: Clients['kinesis'],
  streamName: string,
  { flags, terminal }: { readonly flags: TailFlags; readonly terminal: Terminal },
): Promise<void> {
  const { from, limit = Number.POSITIVE_INFINITY } = flags;
  const over = new AbortController();
  let left = limit;
  let failure: unknown;
  const poller = startKinesisPoller({
    client,
    streamName,
    startingPosition: from,
    pollIntervalMs: POLL_MS,
    batchSize: 1_000,
    invoke: async (event) => {
      const { Records } = event as { readonly Records: readonly KinesisEventRecord[] };
      for (const record of Records.slice(0, left)) show(record, flags, terminal.out);
      left -= Math.min(left, Records.length);
      if (left === 0) over.abort();
    },
    onError(error) {
      // Throttles and short breaks pass; what is explained does not.
      if (!(explained(error) instanceof ConfigurationError)) return;
      failure = error;
      over.abort();
    },
  });
  try {
    while (!over.signal.aborted && !terminal.signal.aborted) {
      await pause(AbortSignal.any([over.signal, terminal.signal]));
      if (!flags.follow && poller.idle()) return;
    }
  } finally {
    await poller.stop();
  }
  if (failure !== undefined) throw failure;
  if (!over.signal.aborted) throw new InterruptedError(`${streamName} is not followed any more`);
}

const pause = (signal: AbortSignal): Promise<unknown> =>
  sleep(50, undefined, { signal }).catch(() => {});

async function checkStream(client: Clients['kinesis'], StreamName: string): Promise<void> {
  await client.send(new DescribeStreamSummaryCommand({ StreamName }));
}

function show({ kinesis, eventID }: KinesisEventRecord, { json }: TailFlags, out: Screen): void {
  const { sequenceNumber: position, partitionKey, approximateArrivalTimestamp } = kinesis;
  const shard = eventID.slice(0, eventID.indexOf(':'));
  const arrivalTime = Math.round(approximateArrivalTimestamp * 1_000);
  const data = Buffer.from(kinesis.data, 'base64');
  const line = json
    ? JSON.stringify({ shard, position, partitionKey, arrivalTime, ...dataJson(data) })
    : printable(`${timeText(arrivalTime)} ${shard} ${data}`);
  out.write(`${line}\n`);
}
