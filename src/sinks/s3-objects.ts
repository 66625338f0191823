import { gzipSync } from 'node:zlib';
import { eitherOf } from '../deadline.ts';
import { checkedConcurrency, eachInParallel } from '../parallel.ts';
import { remoteCall } from '../remote-call.ts';
import { slotText } from '../time/slot.ts';
import type { CallOptions } from './batch-sink.ts';
import { digest } from './identity.ts';
import { messageText } from './message.ts';
import { NO_CHUNK, type Output, type Sink } from './sink.ts';

/** What is needed of a client: `S3` of @aws-sdk/client-s3 has it. */
export interface ObjectClient {
  /** Writes an object, in place of one of its name. */
  putObject(
    input: {
      Bucket: string;
      Key: string;
      Body: Uint8Array;
      ContentType: string;
      ContentEncoding?: string;
    },
    options?: CallOptions,
  ): Promise<unknown>;
}

/** Where objects go, what they are called, and by which client. */
export interface ObjectSinkOptions {
  readonly client: ObjectClient;
  readonly bucket: string;
  /** What names of objects begin with, such as `results/`. Default: nothing. */
  readonly prefix?: string;
  /** Who writes, as no other pipeline under that prefix is called: a part of each name. */
  readonly producer: string;
  /** Default true: objects are compressed, and end in `.gz`. */
  readonly gzip?: boolean;
  /** How many objects are written at once. Default 16. */
  readonly concurrency?: number;
}

/**
 * Objects in S3: the messages of a chunk as lines of JSON, in folders of the day and the hour (UTC) at which
 * results happened, `dt=2026-03-01/hour=12/`, as Athena and Spark read them as partitions. An object is named by
 * the identity of what is in it: whoever writes it again writes the same under the same name. A window
 * that is told anew is a line of a later object, with a greater `revision`.
 */
export const objectSink = (options: ObjectSinkOptions): Sink => sinkUntil(options, undefined);

function sinkUntil(options: ObjectSinkOptions, signal: AbortSignal | undefined): Sink {
  const { client, bucket: Bucket, gzip = true } = options;
  const concurrency = checkedConcurrency(options.concurrency ?? 16);
  return {
    async write(outputs) {
      const objects = [...objectsOf(options, outputs)];
      await eachInParallel(objects, concurrency, async ([Key, lines]) => {
        const text = Buffer.from(lines.join(''));
        const Body = gzip ? gzipSync(text) : text;
        const input = {
          Bucket,
          Key,
          Body,
          ContentType: gzip ? 'application/gzip' : 'application/x-ndjson',
        };
        await remoteCall({ service: 's3', hint: HINT, signal }, (call) =>
          client.putObject(input, call),
        );
      });
    },
    until: (inner) => sinkUntil(options, eitherOf(signal, inner)),
  };
}

const HINT = 'It comes again; if it lasts, look at the limits and the health of the bucket.';

/** By name, the lines of each object. */
function objectsOf(
  { prefix = '', producer, gzip = true }: ObjectSinkOptions,
  outputs: readonly Output[],
): Map<string, string[]> {
  const writer = digest(producer).slice(0, 8);
  const objects = new Map<string, string[]>();
  for (const output of outputs) {
    const folder = folderOf(output.windowEnd - 1);
    const name = `${prefix}${folder}${nameOf(output)}-${writer}.jsonl${gzip ? '.gz' : ''}`;
    const lines = objects.get(name);
    if (lines) lines.push(`${messageText(output)}\n`);
    else objects.set(name, [`${messageText(output)}\n`]);
  }
  return objects;
}

/** Of the chunk; of what is in no chunk, of the record that it comes from. */
function nameOf({ stage, bucket, slot, chunk, key }: Output): string {
  if (chunk === NO_CHUNK) return `${stage}-${digest(key)}`;
  return `${stage}-${bucket}-${slotText(slot)}-${String(chunk).padStart(6, '0')}`;
}

function folderOf(time: number): string {
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  return `dt=${day}/hour=${clock.slice(0, 2)}/`;
}
