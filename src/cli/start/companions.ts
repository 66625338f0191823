import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  type KinesisClient,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { createTables } from '../../dynamodb/tables.ts';
import { type Plan, sinksOf } from '../../topology/plan.ts';
import { clients, type Deployment } from './deployment.ts';
import type { Places, PushPlace } from './places.ts';
import { COMPANIONS, type PipelineName, type PlanChoice, planOf } from './reference-plans.ts';

/** A pipeline that reads the same shop as the clickstream, with streams and tables of its own. */
export interface Companion {
  readonly name: PipelineName;
  readonly choice: PlanChoice;
  readonly plan: Plan;
  readonly places: Places;
}

/** What the shop tells besides clicks; each a stream of one shard, as little comes. */
export const SHOP_STREAMS = ['orders', 'users', 'cart-events'] as const;

export interface CompanionOptions {
  /** ms; what is promised of all events: those that are played are far older than their arrival. */
  readonly maxDelay: number;
  /** What stands for the WebSocket APIs of all that push. */
  readonly push: PushPlace;
}

/** The other pipelines of functions/, ready to run: makes their streams and tables on the embedded servers. */
export async function deployCompanions(
  { connection, streamName }: Deployment,
  options: CompanionOptions,
): Promise<Companion[]> {
  const { kinesis, dynamodb } = clients(connection);
  const companions = COMPANIONS.map((name) => companion(name, streamName, options));
  try {
    await Promise.all(SHOP_STREAMS.map((name) => createStream(kinesis, name)));
    await Promise.all(companions.map((one) => createPlaces(dynamodb, one)));
  } finally {
    kinesis.destroy();
    dynamodb.destroy();
  }
  return companions;
}

function companion(
  name: PipelineName,
  clicks: string,
  { maxDelay, push }: CompanionOptions,
): Companion {
  const choice: PlanChoice = { name, settings: { maxDelay } };
  const plan = planOf(choice);
  const streams = plan.sources.map((source) => source.name);
  const late = plan.stages.flatMap((stage) => stage.late.sideOutput?.name ?? []);
  const sinks = sinksOf(plan).map(({ sink }) => sink);
  const pushed = sinks.filter(({ kind }) => kind === 'push');
  const kept = sinks.filter(({ kind }) => kind !== 'push');
  const own = (names: readonly string[]) => Object.fromEntries(names.map((one) => [one, one]));
  return {
    name,
    choice,
    plan,
    places: {
      streams: { ...own(streams), ...(streams.includes('clicks') && { clicks }) },
      control: `${name}-control`,
      state: `${name}-state`,
      deadLetters: `${name}-dead-letters`,
      sinks: own(kept.map((sink) => sink.name)),
      lateEvents: own(late),
      pushes: Object.fromEntries(pushed.map((sink) => [sink.name, push])),
    },
  };
}

async function createStream(client: KinesisClient, name: string): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
  const waiter = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 2 };
  await waitUntilStreamExists(waiter, { StreamName: name });
}

const createPlaces = (client: DynamoDBClient, { plan, places }: Companion): Promise<void> =>
  createTables(client, {
    control: places.control,
    state: places.state,
    deadLetters: places.deadLetters,
    lateEvents: Object.values(places.lateEvents),
    connections: Object.values(places.pushes).map(({ connections }) => connections),
    results: sinksOf(plan).flatMap(({ sink, shape }) => {
      const name = places.sinks[sink.name];
      return name === undefined ? [] : [{ name, shape }];
    }),
  });
