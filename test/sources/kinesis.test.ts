import {
  CreateStreamCommand,
  DeleteStreamCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import {
  type KinesisSource,
  kinesisSource,
  laneName,
  shardIdOf,
} from '../../src/sources/kinesis.ts';
import { until, useServers } from '../runtime/local/servers.ts';

const servers = useServers();
const NOW = 1_700_000_000_000;

describe('lanes', () => {
  test('a name carries the stream, its creation and the shard, and gives the shard back', () => {
    const lane = laneName({ streamName: 'clicks', createdAt: 17, shardId: 'shardId-000000000003' });
    expect(lane).toBe('clicks@17/shardId-000000000003');
    expect(shardIdOf(lane)).toBe('shardId-000000000003');
  });

  test('a stream recreated under its name has other lanes, and the old ones are drained', async () => {
    const stream = await servers.stream();
    const source = sourceOf(stream.name);
    const [before] = await source.shards();
    const createdAt = Date.now();
    await stream.put(['old']);
    await servers.kinesis().send(new DeleteStreamCommand({ StreamName: stream.name }));
    const create = new CreateStreamCommand({ StreamName: stream.name, ShardCount: 1 });
    // Creation times have whole seconds.
    await until(() => Date.now() > createdAt + 1_000);
    await until(() =>
      servers
        .kinesis()
        .send(create)
        .then(
          () => true,
          () => false,
        ),
    );
    await stream.active();
    await stream.put(['new']);
    const [after] = await source.shards();
    expect(after?.lane).not.toBe(before?.lane);
    expect(await source.laneOf('shardId-000000000000')).toBe(after?.lane);
    expect(await source.probe(before?.lane ?? '', undefined)).toMatchObject({
      drained: true,
      behind: false,
    });
    expect(await source.probe(after?.lane ?? '', undefined)).toMatchObject({
      drained: false,
      behind: true,
    });
  });

  test('the creation time is asked for once', async () => {
    const stream = await servers.stream();
    const { client, sent } = counted();
    const source = sourceOf(stream.name, client);
    await Promise.all([source.laneOf('a'), source.laneOf('b')]);
    await source.laneOf('c');
    expect(sent).toEqual(['DescribeStreamSummaryCommand']);
  });

  test('a stream that does not exist is named', async () => {
    await expect(sourceOf('nowhere').shards()).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: 'the stream "nowhere" does not exist',
    });
  });
});

describe('shards', () => {
  test('a split and a merge: who is closed and who comes from whom', async () => {
    const stream = await servers.stream();
    await stream.split();
    await stream.merge();
    const shards = await sourceOf(stream.name).shards();
    expect(
      shards.map(({ lane, parents, closed }) => [short(lane), parents.map(short), closed]),
    ).toEqual([
      ['0', [], true],
      ['1', ['0'], true],
      ['2', ['0'], true],
      ['3', ['1', '2'], false],
    ]);
  });

  test('all pages are read, parents before children whatever the order', async () => {
    const pages = {
      first: {
        Shards: [{ ShardId: 'shardId-000000000002', ParentShardId: 'shardId-000000000000' }],
        NextToken: 'x',
      },
      x: { Shards: [{ ShardId: 'shardId-000000000001' }] },
    };
    const client = answering({
      DescribeStreamSummaryCommand: () => ({
        StreamDescriptionSummary: { StreamCreationTimestamp: new Date(5) },
      }),
      ListShardsCommand: ({ NextToken, StreamName }) => {
        if (NextToken !== undefined && StreamName !== undefined)
          throw named('InvalidArgumentException');
        return NextToken === undefined ? pages.first : pages.x;
      },
    });
    const shards = await sourceOf('paged', client).shards();
    expect(shards).toEqual([
      { lane: 'paged@5/shardId-000000000001', parents: [], closed: false },
      {
        lane: 'paged@5/shardId-000000000002',
        // No longer listed, and a parent all the same.
        parents: ['paged@5/shardId-000000000000'],
        closed: false,
      },
    ]);
  });
});

describe('probe', () => {
  test('an open shard: behind until the last record, then idle', async () => {
    const stream = await servers.stream();
    const { source, lane } = await firstLane(stream.name);
    expect(await source.probe(lane, undefined)).toEqual({
      startedAt: NOW,
      behind: false,
      drained: false,
    });
    const [first, second] = await stream.put(['a', 'b']);
    expect(await source.probe(lane, undefined)).toMatchObject({ behind: true, drained: false });
    expect(await source.probe(lane, first)).toMatchObject({ behind: true, drained: false });
    expect(await source.probe(lane, second)).toMatchObject({ behind: false, drained: false });
  });

  test('a closed shard: behind until the last record, then drained', async () => {
    const stream = await servers.stream();
    const { source, lane } = await firstLane(stream.name);
    const [first, second] = await stream.put(['a', 'b']);
    await stream.split();
    expect(await source.probe(lane, first)).toMatchObject({ behind: true, drained: false });
    expect(await source.probe(lane, second)).toMatchObject({ behind: false, drained: true });
  });

  test('a closed shard that never had a record is drained', async () => {
    const stream = await servers.stream();
    const { source, lane } = await firstLane(stream.name);
    await stream.split();
    await until(async () => (await source.probe(lane, undefined)).drained);
    expect((await source.probe(lane, undefined)).behind).toBe(false);
  });

  test('a shard that is gone is drained', async () => {
    const stream = await servers.stream();
    const source = sourceOf(stream.name);
    const lane = await source.laneOf('shardId-000000000077');
    expect(await source.probe(lane, undefined)).toMatchObject({ behind: false, drained: true });
  });

  test('what arrived before the trigger begins is never delivered, and holds nothing back', async () => {
    const stream = await servers.stream();
    const [old] = await stream.put(['old']);
    const startAt = Date.now() + 1;
    await until(async () => Date.now() > startAt);
    const [young] = await stream.put(['young']);
    const client = servers.kinesis();
    const options = { client, streamName: stream.name, now: Date.now, readPauseMs: 1 };
    const source = kinesisSource({ ...options, startAt });
    const lane = await source.laneOf('shardId-000000000000');
    expect(await source.probe(lane, undefined)).toMatchObject({ behind: true });
    expect(await source.probe(lane, old)).toMatchObject({ behind: true });
    expect(await source.probe(lane, young)).toMatchObject({ behind: false });
  });

  // The local server never answers for a time after which nothing has arrived yet.
  test.each([
    { startAt: undefined, asked: { ShardIteratorType: 'TRIM_HORIZON' } },
    { startAt: 7, asked: { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(7) } },
    { startAt: NOW + 9, asked: { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(NOW) } },
  ])('a lane without a position is looked at from $startAt on', async ({ startAt, asked }) => {
    const { client, inputs } = await scripted([empty(0), empty(0)]);
    const source = kinesisSource({ client, streamName: 'scripted', now: () => NOW, startAt });
    expect(await source.probe('scripted@5/shardId-000000000000', undefined)).toMatchObject({
      behind: false,
    });
    expect(inputs).toMatchObject([asked]);
  });

  test('a position that the stream does not know is answered from the oldest record', async () => {
    const stream = await servers.stream(2);
    const [other] = await stream.put(['x'], 1);
    const { source, lane } = await firstLane(stream.name);
    expect(await source.probe(lane, other)).toMatchObject({ behind: false });
    await stream.put(['y'], 0);
    expect(await source.probe(lane, other)).toMatchObject({ behind: true });
  });

  test.each`
    reads                                                     | behind   | drained  | why
    ${[empty(900), empty(100), found()]}                      | ${true}  | ${false} | ${'an empty read on the way proves nothing'}
    ${[empty(900), empty(0), empty(0)]}                       | ${false} | ${false} | ${'at the tip'}
    ${[empty(900), { Records: [], MillisBehindLatest: 900 }]} | ${false} | ${true}  | ${'no next iterator'}
    ${[{ Records: [{}], MillisBehindLatest: 0 }]}             | ${true}  | ${false} | ${'records in the last read of a closed shard'}
    ${Array(60).fill(empty(900))}                             | ${true}  | ${false} | ${'not read to the end: nothing is proven'}
  `('reads on while MillisBehindLatest is above 0: $why', async (row) => {
    const { source, lane } = await scripted(row.reads);
    expect(await source.probe(lane, '1')).toMatchObject({
      behind: row.behind,
      drained: row.drained,
    });
  });

  test('a gap too long for one probe is crossed by the next ones, but for another position anew', async () => {
    const { source, lane, iterators } = await scripted([
      ...Array(30).fill(empty(900)),
      empty(0),
      empty(0),
    ]);
    expect(await source.probe(lane, '1')).toMatchObject({ behind: true });
    expect(await source.probe(lane, '1')).toMatchObject({ behind: false, drained: false });
    expect(iterators).toEqual(['1']);
    await expect(source.probe(lane, '2')).rejects.toThrow(); // The script is over.
    expect(iterators).toEqual(['1', '2']);
  });

  test('an iterator that expired between two probes is replaced', async () => {
    const { source, lane, iterators } = await scripted([
      ...[empty(0), empty(0), named('ExpiredIteratorException')],
      ...[empty(0), found()],
    ]);
    expect(await source.probe(lane, '1')).toMatchObject({ behind: false });
    expect(await source.probe(lane, '1')).toMatchObject({ behind: true });
    expect(iterators).toEqual(['1', '1']);
  });

  test('throttles are waited for, but not for ever', async () => {
    const throttle = () => named('ProvisionedThroughputExceededException');
    const patient = await scripted([throttle(), throttle(), found()]);
    expect(await patient.source.probe(patient.lane, '1')).toMatchObject({ behind: true });
    const hopeless = await scripted(Array.from({ length: 20 }, throttle));
    await expect(hopeless.source.probe(hopeless.lane, '1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
  });
});

const sourceOf = (streamName: string, client = servers.kinesis()): KinesisSource =>
  kinesisSource({ client, streamName, now: () => NOW, readPauseMs: 1 });

async function firstLane(streamName: string) {
  const source = sourceOf(streamName);
  return { source, lane: await source.laneOf('shardId-000000000000') };
}

const short = (lane: string): string => `${Number(shardIdOf(lane).split('-')[1])}`;

function empty(MillisBehindLatest: number) {
  return { Records: [], MillisBehindLatest, NextShardIterator: 'next' };
}

function found() {
  return { Records: [{}], MillisBehindLatest: 0, NextShardIterator: 'next' };
}

/** A source whose reads are given. */
async function scripted(reads: readonly unknown[]) {
  const left = [...reads];
  const iterators: unknown[] = [];
  const inputs: unknown[] = [];
  const client = answering({
    DescribeStreamSummaryCommand: () => ({
      StreamDescriptionSummary: { StreamCreationTimestamp: new Date(5) },
    }),
    GetShardIteratorCommand: (input) => {
      inputs.push(input);
      iterators.push(input.StartingSequenceNumber);
      return { ShardIterator: 'first' };
    },
    GetRecordsCommand: () => {
      const next = left.shift();
      if (next instanceof Error) throw next;
      return next;
    },
  });
  const source = sourceOf('scripted', client);
  return { source, lane: await source.laneOf('shardId-000000000000'), iterators, client, inputs };
}

type Answers = Record<string, (input: Record<string, unknown>) => unknown>;

const answering = (answers: Answers): KinesisClient =>
  ({
    send: async (command: { constructor: { name: string }; input: Record<string, unknown> }) =>
      answers[command.constructor.name]?.(command.input),
  }) as unknown as KinesisClient;

function counted() {
  const sent: string[] = [];
  const client = {
    send: async (command: { constructor: { name: string } }) => {
      sent.push(command.constructor.name);
      return servers.kinesis().send(command as never);
    },
  } as unknown as KinesisClient;
  return { client, sent };
}

const named = (name: string): Error => Object.assign(new Error(name), { name });
