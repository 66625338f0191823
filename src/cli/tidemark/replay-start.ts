import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { ConfigurationError } from '../../errors.ts';
import { type StartAt, shardReader } from '../../runtime/local/shard-reader.ts';
import type { EndAt } from '../../runtime/replay/shard-end.ts';
import { HOURS } from '../../time/duration.ts';
import { MIN_TIME } from '../../time/watermark.ts';
import type { Plan } from '../../topology/plan.ts';
import type { Clients } from './deployed.ts';
import { timeOf } from './option-values.ts';

/** Where a replay begins, or ends: one word for all shards, or positions by `<stream>/<shard>` or `<shard>`. */
export type Bound =
  | { readonly kind: 'trim-horizon' }
  | { readonly kind: 'time'; readonly time: number }
  | { readonly kind: 'positions'; readonly positions: ReadonlyMap<string, string> };

/**
 * `trim-horizon`, a time, or positions such as `shardId-000000000000:4959,shardId-000000000001:4960`.
 *
 * @throws ConfigurationError REPLAY_INVALID
 */
export function parseBound(option: string, text: string): Bound {
  if (text === 'trim-horizon' && option === '--from') return { kind: 'trim-horizon' };
  const time = timeOf(text);
  if (time !== undefined) return { kind: 'time', time };
  const parts = text.split(',').map((part) => /^([\w./-]+):(\d{1,129})$/.exec(part));
  if (parts.every((part) => part !== null)) {
    const positions = parts.map(([, shard = '', position = '']) => [shard, position] as const);
    return { kind: 'positions', positions: new Map(positions) };
  }
  throw new ConfigurationError(
    'REPLAY_INVALID',
    `${option} is '${text}'`,
    `Give it ${option === '--from' ? 'trim-horizon, ' : ''}a time such as 2026-03-01T12:00:00Z, or positions: <shard>:<position>,…`,
  );
}

/** What a bound says of one shard of a stream of the plan. */
export function startOf(from: Bound, source: string, shardId: string): StartAt {
  if (from.kind === 'time') return { atTimestamp: from.time };
  const after = from.kind === 'positions' ? positionOf(from, source, shardId) : undefined;
  return after === undefined ? 'TRIM_HORIZON' : { after };
}

/** `undefined`: with the last record that there is. */
export function endOf(to: Bound | undefined, source: string, shardId: string): EndAt | undefined {
  if (to?.kind === 'time') return { beforeTime: to.time };
  const through = to?.kind === 'positions' ? positionOf(to, source, shardId) : undefined;
  return through === undefined ? undefined : { through };
}

type Positions = Extract<Bound, { kind: 'positions' }>;

const positionOf = ({ positions }: Positions, source: string, shardId: string) =>
  positions.get(`${source}/${shardId}`) ?? positions.get(shardId);

/** A stream of the plan, as a replay sees it. */
export interface Seen {
  readonly kinesis: Clients['kinesis'];
  readonly source: string;
  readonly streamName: string;
  /** When the first record of its archive arrived, ms; Infinity: it has none. */
  readonly archivedSince: number;
}

/** From which arrival time on a replay from there has every record of a stream, ms. */
export async function seenSince(from: Bound, seen: Seen): Promise<number> {
  const { kinesis, source, streamName, archivedSince } = seen;
  if (from.kind === 'time') return from.time;
  const kept = Math.min(await keptSince(kinesis, streamName), archivedSince);
  if (from.kind === 'trim-horizon') return kept;
  const shards = [...from.positions].filter(
    ([name]) => !name.includes('/') || name.startsWith(`${source}/`),
  );
  const times = await Promise.all(
    shards.map(([name, after]) => {
      const origin = { streamArn: '', shardId: name.slice(name.lastIndexOf('/') + 1) };
      return firstArrival(shardReader({ client: kinesis, streamName, origin, startAt: { after } }));
    }),
  );
  return Math.max(kept, ...times);
}

/** From which arrival time on a stream has all, ms. All that ever arrived is there as long as a stream is younger than its retention. */
export async function keptSince(kinesis: Clients['kinesis'], StreamName: string): Promise<number> {
  const answer = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
  const { StreamCreationTimestamp, RetentionPeriodHours = 24 } =
    answer.StreamDescriptionSummary ?? {};
  const since = Date.now() - RetentionPeriodHours * HOURS;
  return (StreamCreationTimestamp?.getTime() ?? 0) > since ? MIN_TIME : since;
}

async function firstArrival(reader: ReturnType<typeof shardReader>): Promise<number> {
  for (;;) {
    const { records, atTip, ended } = await reader.read();
    const [first] = records;
    if (first !== undefined) return first.event.kinesis.approximateArrivalTimestamp * 1_000;
    if (atTip || ended) return Date.now();
  }
}

/**
 * After which event time the windows of a plan are whole that has every record since some arrival time
 * of each stream; docs/decisions/0005-replay.md says why.
 */
export function wholeAfter(plan: Plan, since: Readonly<Record<string, number>>): number {
  const told = new Map<string, number>();
  for (const source of plan.sources) {
    const arrival = since[source.name] ?? MIN_TIME;
    told.set(`stream/${source.name}`, later(arrival, source.maxFutureSkewMs));
  }
  for (const { name, inputs, operator } of plan.stages) {
    const read = inputs.map(({ from }) => told.get(`${from.kind}/${from.name}`) ?? MIN_TIME);
    told.set(`stage/${name}`, later(Math.max(...read), operator.reachMs));
  }
  return Math.max(...plan.stages.map(({ name }) => told.get(`stage/${name}`) ?? MIN_TIME));
}

const later = (time: number, ms: number): number => (time === MIN_TIME ? time : time + ms);
