import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { dynamoClient } from '../dynamodb/client.ts';
import type { ConsumedUnits } from '../dynamodb/units.ts';
import { parseResources, type Resource, type Role } from '../environment.ts';
import { ConfigurationError } from '../errors.ts';
import { dynamoLookup } from '../lookups/dynamodb.ts';
import type { LookupTable } from '../lookups/lookup.ts';
import type { DeadLetterSink } from '../sinks/dead-letter-sink.ts';
import { deadLetterTable } from '../sinks/dynamodb-dead-letters.ts';
import { tableSink } from '../sinks/dynamodb-table.ts';
import { streamSink } from '../sinks/kinesis-stream.ts';
import type { Sink } from '../sinks/sink.ts';
import { type KinesisSource, kinesisSource } from '../sources/kinesis.ts';
import type { Source } from '../sources/source.ts';
import { dynamoStore } from '../store/dynamodb.ts';
import type { Store } from '../store/store.ts';
import { lookupsOf } from '../topology/lookup.ts';
import type { Plan } from '../topology/plan.ts';
import { checkPlan } from '../topology/plan-check.ts';

/** Opens a resource of some kind. */
export type Opener<Port> = (resource: Resource) => Port;

/** Opens a sink; it may leave in `deadLetters` what it can never take. */
export type SinkOpener = (
  resource: Resource,
  around: { readonly deadLetters: DeadLetterSink },
) => Sink;

/** A log that comes in by a trigger, as a handler takes it. */
export type TriggeredSource = Source & Pick<KinesisSource, 'streamName' | 'laneOf'>;

/** Kinds of places that the library does not know, and how they are opened. */
export interface EnvironmentOptions {
  /** Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default dynamoClient(). */
  readonly client?: DynamoDBClient;
  /** Sources of kinds that are not built in (`kinesis` is), by kind. */
  readonly sources?: Readonly<Record<string, Opener<TriggeredSource>>>;
  /** Sinks of kinds that are not built in (`table` and `stream` are), by kind. */
  readonly sinks?: Readonly<Record<string, SinkOpener>>;
  /** Places for dead letters and late events of kinds that are not built in (`table` is), by kind. */
  readonly letters?: Readonly<Record<string, Opener<DeadLetterSink>>>;
  /** Tables to look rows up in of kinds that are not built in (`table` is), by kind. */
  readonly lookups?: Readonly<Record<string, Opener<LookupTable>>>;
  /** Told what each request to DynamoDB cost. */
  readonly onConsumed?: (units: ConsumedUnits) => void;
}

/** What a handler needs to run a plan. */
export interface Surroundings {
  /** What the function is there for; left out: for everything. */
  readonly role?: Role;
  /** By which name metrics and log lines tell the pipeline; left out: the name of the plan. */
  readonly pipelineName?: string;
  readonly store: Store;
  readonly sources: Readonly<Record<string, TriggeredSource>>;
  readonly sinks: Readonly<Record<string, Sink>>;
  readonly deadLetters: DeadLetterSink;
  readonly lateEvents: Readonly<Record<string, DeadLetterSink>>;
  readonly lookups: Readonly<Record<string, LookupTable>>;
}

/**
 * Everything that a plan needs, opened as the deployment says: `lambdaHandler(plan,
 * fromEnvironment(plan))` is a whole handler for a function of the Pipeline construct.
 *
 * @throws ConfigurationError ENVIRONMENT_INVALID, SOURCE_MISSING, SINK_MISSING, LOOKUP_MISSING
 * @throws PlanError PLAN_INVALID
 */
export function fromEnvironment(plan: Plan, options: EnvironmentOptions = {}): Surroundings {
  checkPlan('fromEnvironment()', plan);
  const resources = parseResources(options.env ?? process.env);
  const { client = dynamoClient(), onConsumed } = options;
  const access = { client, ...(onConsumed && { onConsumed }) };
  const tables = { control: resources.control, state: resources.state };
  const letters: Openers<DeadLetterSink> = {
    table: ({ name }) => deadLetterTable({ ...access, tableName: name }),
    ...options.letters,
  };
  const deadLetters = open('dead letters', resources.deadLetters, letters, 'SINK_MISSING');
  const sinks = openedBeside(deadLetters, {
    table: ({ name }) => tableSink({ ...access, tableName: name }),
    stream: streamOver(client),
    ...options.sinks,
  });
  const lookups: Openers<LookupTable> = {
    table: ({ name, keyAttribute = '' }) =>
      dynamoLookup({ ...access, tableName: name, keyAttribute }),
    ...options.lookups,
  };
  const sources = { kinesis: kinesisOver(client), ...options.sources };
  const outputs = plan.stages.flatMap((stage) => stage.outputs);
  const late = plan.stages.flatMap((stage) => stage.late.sideOutput ?? []);
  return {
    ...(resources.role && { role: resources.role }),
    ...(resources.pipeline && { pipelineName: resources.pipeline }),
    store: dynamoStore({ ...access, tables }),
    sources: openAll(plan.sources, resources.sources, sources, 'SOURCE_MISSING'),
    sinks: openAll(
      outputs.map(({ sink }) => sink),
      resources.sinks,
      sinks,
      'SINK_MISSING',
    ),
    deadLetters,
    lateEvents: openAll(late, resources.lateEvents, letters, 'SINK_MISSING'),
    lookups: openAll(
      lookupsOf(plan).map((name) => ({ name })),
      resources.lookups,
      lookups,
      'LOOKUP_MISSING',
    ),
  };
}

type Openers<Port> = Readonly<Record<string, Opener<Port>>>;

type Missing = 'SOURCE_MISSING' | 'SINK_MISSING' | 'LOOKUP_MISSING';

const openedBeside = (
  deadLetters: DeadLetterSink,
  openers: Readonly<Record<string, SinkOpener>>,
): Openers<Sink> =>
  Object.fromEntries(
    Object.entries(openers).map(([kind, opener]) => [
      kind,
      (resource: Resource) => opener(resource, { deadLetters }),
    ]),
  );

/**
 * Over the connections of the other client, which speak HTTP/1.1: the SDK's own choice for Kinesis,
 * HTTP/2, only serves enhanced fan-out, and local servers do not speak it.
 */
const kinesisClient = ({ config }: DynamoDBClient): KinesisClient =>
  new KinesisClient({ requestHandler: config.requestHandler });

const kinesisOver =
  (dynamodb: DynamoDBClient): Opener<TriggeredSource> =>
  ({ name, startAt }) => {
    const client = kinesisClient(dynamodb);
    const since = startAt === undefined ? {} : { startAt: Date.parse(startAt) };
    return kinesisSource({ client, streamName: name, now: Date.now, ...since });
  };

const streamOver =
  (dynamodb: DynamoDBClient): SinkOpener =>
  ({ name, producer }, { deadLetters }) => {
    if (producer === undefined) {
      const hint = 'Deploy it by streamSink() of tidemark/cdk, or name a producer of its own.';
      const what = `the stream "${name}" is given without the producer that writes to it`;
      throw new ConfigurationError('ENVIRONMENT_INVALID', what, hint);
    }
    return streamSink({ client: kinesisClient(dynamodb), streamName: name, producer, deadLetters });
  };

function openAll<Port>(
  named: readonly { readonly name: string }[],
  resources: Readonly<Record<string, Resource>>,
  openers: Openers<Port>,
  missing: Missing,
): Record<string, Port> {
  const names = [...new Set(named.map(({ name }) => name))];
  return Object.fromEntries(
    names.map((name) => [name, open(name, ownOf(resources, name), openers, missing)]),
  );
}

function open<Port>(
  name: string,
  resource: Resource | undefined,
  openers: Openers<Port>,
  missing: Missing,
): Port {
  if (resource === undefined) {
    const hint = 'Deploy the plan that the function runs, or the function that runs the plan.';
    throw new ConfigurationError(missing, `the deployment has nothing for "${name}"`, hint);
  }
  const opener = ownOf(openers, resource.kind);
  if (opener !== undefined) return opener(resource);
  throw new ConfigurationError(
    missing,
    `"${name}" is of kind "${resource.kind}", which nothing opens`,
    'Give fromEnvironment what opens this kind: under sources, sinks, letters or lookups.',
  );
}

const ownOf = <T>(named: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(named, name) ? named[name] : undefined;
