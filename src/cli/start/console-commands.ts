import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  type KinesisClient,
  ListShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import type { Command, CommandAnswer } from '../../console/snapshot.ts';
import type { FunctionProcess } from '../../runtime/local/function-process.ts';
import { readTable } from '../../sinks/read-table.ts';
import type { KeyField } from './input.ts';
import type { PutRecord } from './player.ts';
import { CLICKS, type Producer } from './producer.ts';
import type { Tempo } from './tempo.ts';
import type { Watched } from './watched.ts';

/** What the buttons of the console reach. */
export interface CommandTargets {
  readonly tempo: Tempo;
  readonly producer: Producer;
  /** How events name the page. */
  readonly keyField: KeyField;
  readonly action: string;
  readonly pipelines: ReadonlyMap<string, Watched>;
  readonly sandboxes: ReadonlyMap<string, FunctionProcess>;
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  readonly now: () => number;
}

/** Does what a button asks for, and says so. */
export async function act(command: Command, targets: CommandTargets): Promise<CommandAnswer> {
  const { tempo } = targets;
  switch (command.kind) {
    case 'pause':
      tempo.pause(command.paused);
      return done(command.paused ? 'The traffic stands still.' : 'The traffic goes on.');
    case 'speed':
      tempo.play(command.speed);
      return done(`The traffic goes at ${command.speed} times real time.`);
    case 'late':
      return injectLate(targets);
    case 'poison':
      return injectPoison(targets);
    case 'kill':
      return kill(command.pipeline, targets);
    case 'split':
      return split(command.pipeline, targets);
  }
}

const done = (text: string): CommandAnswer => ({ done: true, text });
const refused = (text: string): CommandAnswer => ({ done: false, text });

const HOUR_MS = 3_600_000;

/** Far behind every watermark, so that everybody sees where it goes. */
async function injectLate(targets: CommandTargets): Promise<CommandAnswer> {
  const { producer, keyField, action, now } = targets;
  const timestamp = new Date((producer.clock ?? now()) - HOUR_MS).toISOString();
  const event = {
    timestamp,
    user_id: 'user-late',
    session_id: 'late',
    action,
    [keyField]: '/late',
  };
  await put(producer, JSON.stringify(event), `late-${now()}`);
  return done(
    `An event of ${timestamp.slice(11, 19)} was put into ${CLICKS}, an hour behind the others.`,
  );
}

async function injectPoison({ producer, now }: CommandTargets): Promise<CommandAnswer> {
  await put(producer, '{"timestamp":"2026-', `poison-${now()}`);
  return done(`Half a record was put into ${CLICKS}, which is no JSON.`);
}

async function put(producer: Producer, text: string, partitionKey: string): Promise<void> {
  const record: PutRecord = { data: Buffer.from(text), partitionKey, stream: CLICKS };
  while ((await producer.putRecords([record])).failed.length > 0) await sleep(RETRY_MS);
}

const RETRY_MS = 200;

/** How long it takes until the next process has told all that the killed one may not have, ms. */
const TOLD_AGAIN_MS = 3_000;

async function kill(name: string, targets: CommandTargets): Promise<CommandAnswer> {
  const { sandboxes, pipelines, now } = targets;
  const sandbox = sandboxes.get(name);
  const pid = sandbox?.pid();
  if (sandbox === undefined || pid === undefined) return refused('There is no process to kill.');
  sandbox.kill();
  const text = `Process ${pid} got SIGKILL in the middle of its work.`;
  for (const [each, one] of sandboxes) {
    if (one === sandbox) pipelines.get(each)?.model.log({ at: now(), level: 'warn', text });
  }
  setTimeout(() => void recount(name, targets), TOLD_AGAIN_MS).unref();
  return done(text);
}

/** Reads from the tables what was told by nobody. */
async function recount(
  name: string,
  { pipelines, dynamodb }: Pick<CommandTargets, 'pipelines' | 'dynamodb'>,
): Promise<void> {
  const watched = pipelines.get(name);
  for (const sink of watched?.model.countedSinks ?? []) {
    const rows = [];
    const table = watched?.places.sinks[sink] ?? sink;
    for await (const row of readTable(dynamodb, table)) rows.push(row);
    watched?.model.recount(sink, rows);
  }
}

/** A page has room for so many lanes. */
const SHARDS_MAX = 16;

async function split(
  name: string,
  { pipelines, kinesis, now }: CommandTargets,
): Promise<CommandAnswer> {
  const watched = pipelines.get(name);
  const [StreamName] = Object.values(watched?.places.streams ?? {});
  if (watched === undefined || StreamName === undefined) return refused('There is no such stream.');
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  const open = Shards.filter((shard) => !shard.SequenceNumberRange?.EndingSequenceNumber);
  if (open.length >= SHARDS_MAX) return refused(`The stream has ${open.length} shards already.`);
  const widest = open.toSorted((a, b) => (widthOf(a) < widthOf(b) ? 1 : -1))[0] as Shard;
  const { ShardId = '', HashKeyRange } = widest;
  const middle = BigInt(HashKeyRange?.StartingHashKey ?? 0) + widthOf(widest) / 2n;
  await kinesis.send(
    new SplitShardCommand({
      StreamName,
      ShardToSplit: ShardId,
      NewStartingHashKey: String(middle),
    }),
  );
  const text = `Shard ${Number(ShardId.slice(-12))} of ${StreamName} was split in two.`;
  watched.model.log({ at: now(), level: 'info', text });
  return done(text);
}

const widthOf = ({ HashKeyRange }: Shard): bigint =>
  BigInt(HashKeyRange?.EndingHashKey ?? 0) - BigInt(HashKeyRange?.StartingHashKey ?? 0);
