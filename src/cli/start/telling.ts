import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { ConsumedUnits } from '../../dynamodb/units.ts';
import { emfLines, type LambdaOptions } from '../../runtime/lambda/index.ts';
import { connectionTable } from '../../sinks/connections.ts';
import type { DeadLetter, DeadLetterSink } from '../../sinks/dead-letter-sink.ts';
import { deadLetterTable } from '../../sinks/dynamodb-dead-letters.ts';
import { tableSink } from '../../sinks/dynamodb-table.ts';
import type { Output, Sink } from '../../sinks/sink.ts';
import { type PushClient, pushSink } from '../../sinks/websocket-push.ts';
import { kinesisSource } from '../../sources/kinesis.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import type { FunctionMessage, ToldLetter, ToldOutput } from './function-settings.ts';
import type { Places, PushPlace } from './places.ts';

export interface TellingOptions {
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  pushingTo(endpoint: string): PushClient;
  readonly places: Places;
  /** Who it is that pushes: part of the identity of what is pushed. */
  readonly producer: string;
  /** Tells metrics and letters too. */
  readonly isWatched: boolean;
  readonly tell: (message: FunctionMessage) => void;
}

/** What a handler is made of in AWS, telling what goes through it. */
export function tellingOptions(given: TellingOptions): LambdaOptions {
  const { kinesis, dynamodb: client, pushingTo, places, producer, isWatched, tell } = given;
  const onConsumed = (consumed: ConsumedUnits): void => {
    if (consumed.writeUnits !== undefined || isWatched) tell({ kind: 'consumed', ...consumed });
  };
  const letters = (tableName: string, place?: string): DeadLetterSink => {
    const table = deadLetterTable({ client, tableName, onConsumed });
    return isWatched ? tellingLetters(table, place, tell) : table;
  };
  const deadLetters = letters(places.deadLetters);
  const pushing = ({ connections, endpoint }: PushPlace): Sink =>
    pushSink({
      client: pushingTo(endpoint),
      connections: connectionTable({ client, tableName: connections }),
      ...{ producer, deadLetters },
    });
  return {
    store: dynamoStore({
      client,
      tables: { control: places.control, state: places.state },
      onConsumed,
    }),
    sources: each(places.streams, (_, streamName) =>
      kinesisSource({ client: kinesis, streamName, now: Date.now }),
    ),
    sinks: {
      ...each(places.sinks, (name, tableName) =>
        telling(name, tableSink({ client, tableName, onConsumed }), tell),
      ),
      ...each(places.pushes, (name, place) => telling(name, pushing(place), tell)),
    },
    lateEvents: each(places.lateEvents, (name, tableName) => letters(tableName, name)),
    deadLetters,
    // The terminal has its view; the console draws the very lines that CloudWatch would be given.
    metrics: isWatched && emfLines((line) => tell({ kind: 'metrics', line })),
    logger: false,
    observe: (observation) => tell({ kind: 'observed', observation }),
  };
}

type Tell = TellingOptions['tell'];

const each = <Of, T>(names: Readonly<Record<string, Of>>, make: (name: string, of: Of) => T) =>
  Object.fromEntries(Object.entries(names).map(([name, of]) => [name, make(name, of)]));

const telling = (name: string, sink: Sink, tell: Tell): Sink => ({
  async write(outputs) {
    await sink.write(outputs);
    tell({ kind: 'fired', sink: name, outputs: outputs.map(told) });
  },
  until: (signal) => telling(name, sink.until(signal), tell),
  ...(sink.metered && { metered: (spent) => telling(name, sink.metered?.(spent) ?? sink, tell) }),
});

const told = ({ key, windowStart, windowEnd, value, retracted }: Output): ToldOutput => ({
  key,
  windowStart,
  windowEnd,
  value,
  ...(retracted && { retracted }),
});

const tellingLetters = (
  sink: DeadLetterSink,
  place: string | undefined,
  tell: Tell,
): DeadLetterSink => ({
  async write(letters) {
    await sink.write(letters);
    tell({ kind: 'letters', letters: letters.map((letter) => letterOf(letter, place)) });
  },
  until: (signal) => tellingLetters(sink.until(signal), place, tell),
  ...(sink.metered && {
    metered: (spent) => tellingLetters(sink.metered?.(spent) ?? sink, place, tell),
  }),
});

const TEXT_MAX = 300;

const letterOf = (
  { source, lane, position, reason, detail, data }: DeadLetter,
  place: string | undefined,
): ToldLetter => ({
  ...{ source, lane, position, reason, detail },
  text: Buffer.from(data.subarray(0, TEXT_MAX)).toString(),
  ...(place !== undefined && { place }),
});
