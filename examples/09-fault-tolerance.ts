import { MINUTES, pipeline, SECONDS, type Store, TumblingWindow, table } from 'tidemark';
import { type BatchResponse, lambdaHandler } from 'tidemark/lambda';
import { memoryDeadLetters, memorySink, memoryStore } from 'tidemark/testing';
import * as z from 'zod';
import { at } from './time-of-day.ts';

const click = z.object({ timestamp: z.iso.datetime(), page: z.string() });
let seen = 0;

export const plan = pipeline('clicks')
  .stream('clicks', { schema: click, timestamp: (e) => e.timestamp, outOfOrderness: 10 * SECONDS })
  .peek(() => seen++) // A counter of its own, as a function without Tidemark might keep it.
  .keyBy((e) => e.page)
  .window(TumblingWindow.of(1, MINUTES))
  .count()
  .to(table('counts'));

/** The handler of Lambda, over a store in memory whose writes fail when they are told to. */
const store = memoryStore();
const sink = memorySink();
export const failing = { writes: 0 };
const flaky: Store = {
  ...store,
  until: () => flaky,
  update: async (...write) => {
    if (failing.writes-- === 1) throw new Error('the process dies here');
    return await store.update(...write);
  },
};
const shard = { lane: 'shard-0', parents: [], closed: false };
const handler = lambdaHandler(plan, {
  store: flaky,
  sinks: { counts: sink },
  deadLetters: memoryDeadLetters(),
  sources: {
    clicks: {
      streamName: 'clicks',
      laneOf: async () => shard.lane,
      shards: async () => [shard],
      probe: async () => ({ startedAt: Date.parse(at('12:05:00')), behind: false, drained: false }),
    },
  },
  clock: () => Date.parse(at('12:05:00')),
  metrics: false,
  logger: false,
});

/** A batch as the event source mapping brings it: the records from one position to another. */
export const times = ['12:00:10', '12:00:20', '12:00:30', '12:02:00'];
const batch = (first: number, last: number) => ({
  Records: times.slice(first - 1, last).map((time, i) => ({
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks',
    eventID: `shardId-000000000000:${first + i}`,
    kinesis: {
      sequenceNumber: String(first + i),
      data: Buffer.from(JSON.stringify({ timestamp: at(time), page: '/' })).toString('base64'),
      approximateArrivalTimestamp: Date.parse(at(time)) / 1000,
    },
  })),
});

export const attempts: { batch: string; outcome: string }[] = [];
async function invoke(first: number, last: number): Promise<void> {
  const invocation: Promise<BatchResponse> = handler(batch(first, last), {
    getRemainingTimeInMillis: () => 60_000,
  });
  const outcome = await invocation.then(
    () => 'done',
    (error: Error) => error.message,
  );
  attempts.push({ batch: `${first}-${last}`, outcome });
  console.log(`records ${first} to ${last}: ${outcome}`);
}

await invoke(1, 2);
failing.writes = 2; // The next batch claims its shard, folds, and dies before it commits.
await invoke(3, 4);
await invoke(2, 4); // It comes again, and with it a record that had been counted.
await handler({ tidemark: 'tick' }, { getRemainingTimeInMillis: () => 60_000 });

export const [row] = sink.rows();
console.log(`clicks in the minute of 12:00: ${row?.value}`);
console.log(`of ${times.length} records, a counter of one's own has counted ${seen}`);
