import type { Stack } from 'aws-cdk-lib/core';
import { resources } from './synth.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

/**
 * What every role of a stack may do, one line an action and resource, by the name of the role without
 * its hash. What a reviewer reads in place of the template.
 */
export function policiesOf(stack: Stack): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { Properties } of Object.values(resources(stack, 'AWS::IAM::Policy'))) {
    const { PolicyDocument, Roles } = Properties as {
      PolicyDocument: { Statement: readonly Statement[] };
      Roles: readonly { Ref: string }[];
    };
    for (const { Ref } of Roles) {
      const lines = PolicyDocument.Statement.flatMap(linesOf);
      found[roleName(Ref)] = [...(found[roleName(Ref)] ?? []), ...lines].sort();
    }
  }
  return found;
}

function linesOf({ Effect, Action, Resource, Condition }: Statement): string[] {
  const prefix = Effect === 'Allow' ? '' : `${Effect} `;
  const suffix = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
  return [Action]
    .flat()
    .flatMap((action) =>
      [Resource].flat().map((one) => `${prefix}${action} on ${nameOf(one)}${suffix}`),
    );
}

/** The logical id without its hash; of something that is not in the stack, all of it. */
function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const reference = resource as { 'Fn::GetAtt'?: [string, string] };
  const [id, attribute] = reference['Fn::GetAtt'] ?? [];
  if (id === undefined) return JSON.stringify(resource);
  return (
    withoutHash(id) +
    (attribute === 'Arn' ? '' : attribute === 'StreamArn' ? ' stream' : ` ${attribute}`)
  );
}

const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}$/, '').replace(/^Pipeline/, '');

const roleName = (id: string): string => withoutHash(id).replace(/Role$/, '');
