import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnResource, Stack, Token } from 'aws-cdk-lib/core';
import { ConfigurationError } from '../errors.ts';

/** What Lambda takes of all variables of a function together, names and quotes included. */
const ENVIRONMENT_BYTES_MAX = 4_096;

/**
 * Looks at all variables of a function when the app is synthesized, whoever has set them.
 *
 * @throws ConfigurationError ENVIRONMENT_TOO_LARGE, from the synthesis
 */
export function checkEnvironmentOf(made: lambda.Function): void {
  made.node.addValidation({
    validate() {
      const bytes = bytesOf(made);
      if (bytes > ENVIRONMENT_BYTES_MAX) throw tooLarge(made.node.path, bytes);
      return [];
    },
  });
}

/** As Lambda measures it: as JSON, in which the quotes of a variable that holds JSON are escaped. */
function bytesOf(made: lambda.Function): number {
  const stack = Stack.of(made);
  const { environment } = made.node.defaultChild as CfnFunction;
  const { variables = {} } = stack.resolve(environment ?? {}) as { readonly variables?: object };
  const nameOf = namesIn(stack);
  const texts = Object.entries(variables).map(([name, value]) => [name, textOf(value, nameOf)]);
  return Buffer.byteLength(JSON.stringify(Object.fromEntries(texts)));
}

interface Joined {
  readonly Ref?: string;
  readonly 'Fn::Join'?: readonly [separator: string, parts: readonly unknown[]];
  readonly 'Fn::GetAtt'?: readonly [id: string, attribute: string];
}

/** With names as long as they will be. What nobody knows before it is deployed counts as nothing. */
function textOf(value: unknown, nameOf: (id: string) => string): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as Joined;
  if (join !== undefined) return join[1].map((part) => textOf(part, nameOf)).join(join[0]);
  return nameOf(Ref ?? attribute?.[0] ?? '');
}

/** What CloudFormation calls the resources of a stack, by their ids. */
function namesIn(stack: Stack): (id: string) => string {
  const resources = new Map(
    stack.node
      .findAll()
      .filter((one): one is CfnResource => CfnResource.isCfnResource(one))
      .filter((one) => Stack.of(one) === stack)
      .map((one) => [String(stack.resolve(one.logicalId)), one]),
  );
  const prefix = Token.isUnresolved(stack.stackName) ? '' : `${stack.stackName}-`;
  return (id) => {
    const resource = resources.get(id);
    if (resource === undefined) return '';
    const longest = NAME_MAX[resource.cfnResourceType] ?? SHORTEST_NAME_MAX;
    return givenName(stack, resource) ?? `${prefix}${id}${GENERATED}`.slice(0, longest);
  };
}

function givenName(stack: Stack, resource: CfnResource): string | undefined {
  const { Resources = {} } = stack.resolve(resource._toCloudFormation()) as {
    readonly Resources?: Readonly<Record<string, { readonly Properties?: object }>>;
  };
  const properties = Object.entries(Object.values(Resources)[0]?.Properties ?? {});
  return properties.find(([key, value]) => NAMES.includes(key) && typeof value === 'string')?.[1];
}

/** What CloudFormation puts behind the name of the stack and the id. */
const GENERATED = `-${'X'.repeat(12)}`;
const NAMES: readonly string[] = ['TableName', 'Name', 'QueueName', 'TopicName', 'BucketName'];
/** Longer names are cut. */
const NAME_MAX: Readonly<Record<string, number>> = {
  'AWS::DynamoDB::GlobalTable': 255,
  'AWS::DynamoDB::Table': 255,
  'AWS::Kinesis::Stream': 128,
};
const SHORTEST_NAME_MAX = 63;

const tooLarge = (path: string, bytes: number): ConfigurationError =>
  new ConfigurationError(
    'ENVIRONMENT_TOO_LARGE',
    `the variables of the function ${path} have ${bytes} bytes, but Lambda takes ${ENVIRONMENT_BYTES_MAX}`,
    'Make several pipelines of the plan, or give shorter names to the stack, to its tables and in the plan, and fewer variables of your own.',
  );
