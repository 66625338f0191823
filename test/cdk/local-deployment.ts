import { CreateTableCommand, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { CreateStreamCommand, waitUntilStreamExists } from '@aws-sdk/client-kinesis';
import { type Embedded, startEmbedded } from '../../src/runtime/local/embedded.ts';
import { type FunctionProcess, functionProcess } from '../../src/runtime/local/function-process.ts';
import { type LocalRuntime, startLocalRuntime } from '../../src/runtime/local/local-runtime.ts';
import type { Plan } from '../../src/topology/plan.ts';
import { oneEndpoint } from '../end-to-end/aws-proxy.ts';
import { dynamodbClient, kinesisClient } from '../runtime/local/servers.ts';
import type { TemplateResource } from './synth.ts';

/** A CloudFormation template, as far as it matters here. */
export interface TemplateJson {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** What a function asked of AWS: an action, and the logical id of what it asked. */
export type Asked = `${string} on ${string}`;

/** A template brought to life on embedded servers. */
export interface LocalDeployment {
  readonly kinesis: ReturnType<typeof kinesisClient>;
  readonly dynamodb: ReturnType<typeof dynamodbClient>;
  readonly runtime: LocalRuntime;
  /** By the part of the logical id that tells the functions apart. */
  readonly asked: Readonly<Record<FunctionName, ReadonlySet<Asked>>>;
  /** What the role of a function allows, in the same words. */
  allowed(name: FunctionName): Set<Asked>;
  readonly stream: string;
  /** Calls a function as a trigger would. */
  invoke(name: FunctionName, event: unknown): Promise<unknown>;
  /** The name of a table, by a part of its logical id. */
  tableOf(part: string): string;
  stop(): Promise<void>;
}

type FunctionName = 'Gather' | 'Fire';

const TABLE = 'AWS::DynamoDB::GlobalTable';

/**
 * Makes the tables and streams of a template, runs its two functions in processes of their own with the
 * environment that the template gives them, and triggers them as its mappings and its schedule would.
 * Resources are named by their logical ids.
 */
export async function deployLocally(
  template: TemplateJson,
  { plan, module, source }: { readonly plan: Plan; readonly module: URL; readonly source: string },
): Promise<LocalDeployment> {
  const embedded = await startEmbedded();
  const kinesis = kinesisClient(embedded.kinesisEndpoint);
  const dynamodb = dynamodbClient(embedded.dynamodbEndpoint);
  const find = (type: string, part: string): string => idOf(template, type, part);
  const stream = find('AWS::Kinesis::Stream', '');
  await kinesis.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }));
  await waitUntilStreamExists(
    { client: kinesis, maxWaitTime: 20, minDelay: 1, maxDelay: 1 },
    { StreamName: stream },
  );
  for (const [TableName, { Properties }] of ofType(template, TABLE)) {
    await dynamodb.send(new CreateTableCommand(tableInput(TableName, Properties)));
  }
  const asked = { Gather: new Set<Asked>(), Fire: new Set<Asked>() };
  const start = async (name: FunctionName): Promise<FunctionProcess> =>
    functionProcess({
      module,
      env: {
        ...environmentOf(template, name),
        AWS_ENDPOINT_URL: await recording(embedded, asked[name]),
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
    });
  const gather = await start('Gather');
  const fire = await start('Fire');
  const runtime = startLocalRuntime({
    plan,
    kinesis,
    dynamodb,
    streams: { [source]: stream },
    controlTable: find(TABLE, 'TablesControl'),
    // As the template maps them: batches of streams to one, all else to the other.
    invoke: (event) => (isKinesis(event) ? gather : fire).invoke(event),
    tickEveryMs: 0,
  });
  return {
    kinesis,
    dynamodb,
    runtime,
    asked,
    allowed: (name) => rightsOf(template, name),
    stream,
    invoke: (name, event) => (name === 'Gather' ? gather : fire).invoke(event),
    tableOf: (part) => find(TABLE, part),
    async stop() {
      await runtime.stop();
      await Promise.all([gather.stop(), fire.stop()]);
      kinesis.destroy();
      dynamodb.destroy();
      await embedded.stop();
    },
  };
}

const ofType = ({ Resources }: TemplateJson, type: string): [string, TemplateResource][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

function idOf(template: TemplateJson, type: string, part: string): string {
  const found = ofType(template, type).filter(([id]) => id.includes(part));
  if (found.length === 1) return found[0]?.[0] as string;
  throw new Error(`${found.length} resources of ${type} have "${part}" in their name`);
}

function tableInput(TableName: string, properties: object): CreateTableCommandInput {
  const { AttributeDefinitions, KeySchema } = properties as CreateTableCommandInput;
  return { TableName, AttributeDefinitions, KeySchema, BillingMode: 'PAY_PER_REQUEST' };
}

const isKinesis = (event: unknown): boolean =>
  (event as { Records?: { eventSource?: string }[] }).Records?.[0]?.eventSource === 'aws:kinesis';

/** The variables of a function, references as logical ids. */
function environmentOf(template: TemplateJson, name: FunctionName): Record<string, string> {
  const id = idOf(template, 'AWS::Lambda::Function', name);
  const properties = template.Resources[id]?.Properties as unknown as
    | { Environment: { Variables: Record<string, unknown> } }
    | undefined;
  const entries = Object.entries(properties?.Environment.Variables ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, String(resolved(value))]));
}

function resolved(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (Ref !== undefined) return Ref;
  if (join !== undefined) return join[1].map(resolved).join(join[0]);
  throw new Error(`a template with ${JSON.stringify(value)} cannot be brought to life`);
}

/** An endpoint that writes down what it is asked. */
function recording(embedded: Embedded, asked: Set<Asked>): Promise<string> {
  return oneEndpoint(embedded, (operation, body) => {
    const { TableName, StreamName, RequestItems } = JSON.parse(body) as {
      readonly TableName?: string;
      readonly StreamName?: string;
      readonly RequestItems?: object;
    };
    const tables = RequestItems ? Object.keys(RequestItems) : [TableName].filter((name) => name);
    for (const table of tables) asked.add(`dynamodb:${operation} on ${table}`);
    // GetRecords names no stream: an iterator does.
    if (tables.length === 0) asked.add(`kinesis:${operation} on ${StreamName ?? 'its stream'}`);
    return body;
  });
}

interface PolicyProperties {
  readonly Roles: readonly { readonly Ref: string }[];
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Action: string | readonly string[];
      readonly Resource: unknown;
    }[];
  };
}

function rightsOf(template: TemplateJson, name: FunctionName): Set<Asked> {
  const policies = ofType(template, 'AWS::IAM::Policy')
    .map(([, { Properties }]) => Properties as unknown as PolicyProperties)
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref.includes(`${name}Role`)));
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const rights = statements.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) =>
      [Resource].flat().map((resource): Asked => {
        const [id, attribute] =
          (resource as { 'Fn::GetAtt'?: [string, string] })['Fn::GetAtt'] ?? [];
        return `${action} on ${attribute === 'Arn' ? id : `${id} ${attribute}`}`;
      }),
    ),
  );
  return new Set(
    rights.map((right) => right.replace(/^(kinesis:GetRecords) .*/, '$1 on its stream') as Asked),
  );
}
