import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { type BackoffOptions, fullJitter } from '../backoff.ts';
import { eitherOf } from '../deadline.ts';
import {
  isPartitionKey,
  type PutAccess,
  type PutRecord,
  putAll,
  RECORD_BYTES_MAX,
  recordBytes,
} from '../kinesis/put-records.ts';
import { CHUNK_MAX, sealed } from '../schema/envelope.ts';
import { slotText } from '../time/slot.ts';
import type { DeadLetterSink } from './dead-letter-sink.ts';
import { digest } from './identity.ts';
import { messageText } from './message.ts';
import { type Refused, setAside } from './set-aside.ts';
import { NO_CHUNK, type Output, type Sink } from './sink.ts';

/** Which stream results go to, and by which client. */
export interface StreamSinkOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  /**
   * Who writes, as no other pipeline that writes to the stream is called: what is sent again is told by
   * it. Change it, and what is under way may be there twice.
   */
  readonly producer: string;
  /** The partition key of an output. Default: its key. */
  readonly partitionKey?: (output: Output) => string;
  /** Where outputs go that are too large. Default: a LimitError. */
  readonly deadLetters?: DeadLetterSink;
  /** For records that the stream does not take. */
  readonly backoff?: BackoffOptions;
}

/**
 * A Kinesis stream of results. What firings make bears the envelope of its producer, by which pipelines
 * that read the stream count each output once, however often it is sent: `tidemark` beside `event` in
 * each record. Outputs of one key are taken in their order. What goes on without keys is not enveloped,
 * and is there at least once.
 *
 * @throws UnavailableError, DeadlineError, LimitError for an output of more than a megabyte
 */
export function streamSink(options: StreamSinkOptions): Sink {
  const { client, streamName, backoff } = options;
  return sinkOver({ client, streamName, backoff: fullJitter(backoff), signal: undefined }, options);
}

function sinkOver(access: PutAccess, options: StreamSinkOptions): Sink {
  const { deadLetters, streamName } = options;
  const putEach = async (outputs: readonly Output[], dataOf: DataOf): Promise<void> => {
    const { records, refused } = recordsOf(options, outputs, dataOf);
    await setAside(streamName, deadLetters, refused);
    await putAll(access, records);
  };
  return {
    async write(outputs) {
      await putEach(outputs.filter(isLoose), messageText);
      // One after the other: a chunk is complete before the next one is sent.
      for (const part of partsOf(outputs.filter((output) => !isLoose(output)))) {
        await putEach(part.outputs, (output, index) =>
          sealed({ ...envelopeOf(options.producer, part), index }, messageText(output)),
        );
      }
    },
    until(signal) {
      const bounded = { ...access, signal: eitherOf(access.signal, signal) };
      return sinkOver(bounded, {
        ...options,
        ...(deadLetters && { deadLetters: deadLetters.until(signal) }),
      });
    },
  };
}

/** An output, and which one of its part it is. */
type DataOf = (output: Output, index: number) => string;

const isLoose = ({ chunk }: Output): boolean => chunk === NO_CHUNK;

/** As much of a chunk as is a chunk of the producer: the same at every firing. */
interface Part {
  readonly outputs: Output[];
  readonly first: Output;
  readonly number: number;
}

function partsOf(outputs: readonly Output[]): Part[] {
  const parts: Part[] = [];
  for (const output of outputs) {
    const last = parts.at(-1);
    const goesOn = last !== undefined && isSameChunk(last.first, output);
    if (goesOn && last.outputs.length < CHUNK_MAX) last.outputs.push(output);
    else parts.push({ outputs: [output], first: output, number: goesOn ? last.number + 1 : 0 });
  }
  return parts;
}

const isSameChunk = (a: Output, b: Output): boolean =>
  a.chunk === b.chunk && a.slot === b.slot && a.bucket === b.bucket && a.stage === b.stage;

function envelopeOf(producer: string, { first, number }: Part) {
  const { stage, bucket, slot, chunk } = first;
  const of = digest(JSON.stringify([producer, stage])).slice(0, 22);
  return {
    producer: `${of}.${bucket}`,
    chunk: `${slotText(slot)}.${padded(chunk)}.${padded(number)}`,
  };
}

const padded = (n: number): string => String(n).padStart(6, '0');

function recordsOf(
  { partitionKey = ({ key }) => key }: StreamSinkOptions,
  outputs: readonly Output[],
  dataOf: DataOf,
): { records: PutRecord[]; refused: Refused[] } {
  const records: PutRecord[] = [];
  const refused: Refused[] = [];
  for (const [index, output] of outputs.entries()) {
    const key = partitionKey(output);
    const data = Buffer.from(dataOf(output, index));
    const record = { partitionKey: isPartitionKey(key) ? key : digest(key), data };
    const bytes = recordBytes(record);
    if (bytes <= RECORD_BYTES_MAX) records.push(record);
    else refused.push({ output, why: `it takes ${bytes} bytes of ${RECORD_BYTES_MAX}` });
  }
  return { records, refused };
}
