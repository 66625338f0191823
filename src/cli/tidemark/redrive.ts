import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../../errors.ts';
import { eachInParallel } from '../../parallel.ts';
import { CHUNK_MAX, sealed } from '../../schema/envelope.ts';
import { letterId } from '../../sinks/letter-id.ts';
import type { StoredDeadLetter } from '../../sinks/read-dead-letters.ts';
import {
  beginMark,
  finishMark,
  type MarkAccess,
  type RedriveMark,
} from '../../sinks/redrive-marks.ts';
import { DAYS } from '../../time/duration.ts';
import type { PutRecords } from '../start/player.ts';

/** A letter, and the event that shall be put in place of it. */
export interface Repair {
  readonly letter: StoredDeadLetter;
  /** JSON text. */
  readonly text: string;
}

/** How long lanes remember what was put: a try that died has to be repeated before. */
const REMEMBERED_MS = 7 * DAYS;
/** Whoever repeats it later cannot know whether it would count again. */
export const isForgotten = ({ begunAt, doneAt }: RedriveMark, now: number): boolean =>
  doneAt === undefined && now - begunAt > REMEMBERED_MS - 1 * DAYS;

/** One PutRecords takes 10 MB, partition keys included. */
const BATCH_BYTES_MAX = 5 * 1024 * 1024;
const AT_ONCE = 8;

/** Letters that are put together, under one producer of their own. */
export function* batchesOf(repairs: readonly Repair[]): Generator<readonly Repair[]> {
  let batch: Repair[] = [];
  let bytes = 0;
  for (const repair of repairs) {
    const size = Buffer.byteLength(repair.text);
    if (batch.length === CHUNK_MAX || (batch.length > 0 && bytes + size > BATCH_BYTES_MAX)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(repair);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Puts a batch into its stream. First each letter is marked with the envelope that its record bears, then
 * the records are put, then the letters are marked as done: whoever repeats it, at whichever point it
 * died, puts the same envelopes into the same shards, whose lanes pass over what they have.
 */
export async function redriveBatch(
  batch: readonly Repair[],
  { marks, put }: { readonly marks: MarkAccess; readonly put: PutRecords },
): Promise<void> {
  const producer = `redrive/${randomUUID()}`;
  const begunAt = Date.now();
  const records = new Map<Repair, ReturnType<typeof recordOf>>();
  const numbered = batch.map((repair, index) => ({ repair, mark: { producer, index, begunAt } }));
  await eachInParallel(numbered, AT_ONCE, async ({ repair, mark }) => {
    records.set(repair, recordOf(repair, await beginMark(marks, repair.letter, mark)));
  });
  await putAll(put, [...records.values()]);
  await eachInParallel(batch, AT_ONCE, ({ letter }) => finishMark(marks, letter, Date.now()));
}

/** The partition key is a function of the letter: copies go to one shard, or to the shards that continue it. */
function recordOf({ letter, text }: Repair, { producer, index }: RedriveMark) {
  const envelope = { producer, chunk: '0', index, withinMs: REMEMBERED_MS };
  const partitionKey = createHash('sha256').update(letterId(letter)).digest('hex');
  return { data: Buffer.from(sealed(envelope, text)), partitionKey };
}

const TRIES_MAX = 20;
const PAUSE_MS = 200;

type Records = Parameters<PutRecords>[0];

async function putAll(put: PutRecords, records: Records): Promise<void> {
  let left = records;
  for (let tries = 1; left.length > 0; tries++) {
    const { failed } = await put(left);
    left = failed.flatMap((index) => left[index] ?? []);
    if (left.length === 0) return;
    if (tries === TRIES_MAX) break;
    await sleep(PAUSE_MS * Math.min(tries, 10) * (0.5 + Math.random()));
  }
  throw new UnavailableError(
    `the stream has not taken ${left.length} of ${records.length} records`,
    {
      hint: 'The same command puts the rest.',
    },
  );
}
