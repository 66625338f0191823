import { setTimeout as sleep } from 'node:timers/promises';
import { readTallies } from '../../engine/tallies.ts';
import { readDeadLetters } from '../../sinks/read-dead-letters.ts';
import { readTable } from '../../sinks/read-table.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import { type Comparison, type Counted, compare } from './compare.ts';
import { clients, type Deployment } from './deployment.ts';
import type { Job } from './job.ts';
import type { StartOptions } from './options.ts';
import type { WindowCount } from './recount.ts';
import { recountStream } from './recount-stream.ts';
import type { Summary, WriteUnits } from './summary.ts';

/** What a run left behind. */
export interface Remains {
  readonly options: StartOptions;
  readonly job: Job;
  readonly deployment: Deployment;
  readonly writeUnits: WriteUnits;
  /** Every window is closed and fired: the results can be compared. */
  readonly closed: boolean;
  /** The servers stay up, so that one can query them. */
  readonly staysUp: boolean;
}

/** Reads everything back from the tables, and compares it with a plain recount of the stream. */
export async function summarise(remains: Remains): Promise<Summary> {
  const { options, job, deployment } = remains;
  const { connection, tables } = deployment;
  const { dynamodb } = clients(connection);
  const windows = await readWindows(remains);
  const tallies = await readTallies(dynamoStore({ client: dynamodb, tables }), job.stage);
  const counted = windows.reduce((sum, window) => sum + window.value, 0);
  const { records, filtered, late } = tallies;
  const deadLetteredByReason = await deadLetterReasons(remains);
  const dead = Object.values(deadLetteredByReason).reduce((sum, count) => sum + count, 0);
  const accounting = { records, counted, filtered, late, dead };
  return {
    input: job.input,
    settings: { ...options, keyField: job.keyField },
    accounting,
    actionsSeen: job.actionsSeen,
    lateByReason: { 'window closed': late },
    deadLetteredByReason,
    windows,
    writeUnits: remains.writeUnits,
    comparison: remains.closed ? await compared(remains, { ...accounting, windows }) : undefined,
    results: {
      table: tables.pageClicks,
      gone: deployment.isEmbedded && !remains.staysUp,
      region: connection.region,
      endpoint: connection.dynamodbEndpoint,
      ...(connection.credentials && { credentials: connection.credentials }),
    },
    staysUp: remains.staysUp,
  };
}

async function readWindows({ deployment }: Remains): Promise<WindowCount[]> {
  const { dynamodb } = clients(deployment.connection);
  const windows: WindowCount[] = [];
  for await (const row of readTable(dynamodb, deployment.tables.pageClicks)) {
    const { key, windowStart, windowEnd, value } = row;
    windows.push({ key, windowStart, windowEnd, value: Number(value) });
  }
  return windows;
}

async function deadLetterReasons({ deployment }: Remains): Promise<Record<string, number>> {
  const { dynamodb } = clients(deployment.connection);
  const reasons: Record<string, number> = {};
  for await (const { reason } of readDeadLetters(dynamodb, deployment.tables.deadLetters)) {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}

async function compared(
  { options, job, deployment }: Remains,
  actual: Counted,
): Promise<Comparison> {
  const { kinesis } = clients(deployment.connection);
  const source = job.plan.sources[0];
  const expected = await recountStream({
    client: kinesis,
    streamName: deployment.streamName,
    rules: {
      keyField: job.keyField,
      filterAction: options.filterAction,
      windowMs: options.windowMs,
      outOfOrdernessMs: options.outOfOrdernessMs,
      maxFutureSkewMs: source?.maxFutureSkewMs ?? 0,
    },
    sleep: async (ms) => void (await sleep(ms)),
  });
  return compare(actual, { ...expected, windows: expected.windows.values() });
}
