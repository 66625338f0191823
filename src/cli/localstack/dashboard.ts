import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ask, membersOf } from './api.ts';
import { type DeployedStack, resourcesOf } from './deploy.ts';
import { LocalStackError } from './failure.ts';
import { ACCOUNT, type Place, REGION } from './place.ts';

/** As much of a template as is read here. */
export interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }
    >
  >;
}

/**
 * Puts the dashboards of the stack, which LocalStack leaves out when it deploys. Resolves with their names.
 *
 * @throws LocalStackError API_FAILED
 */
export async function putDashboards(place: Place, stack: DeployedStack): Promise<string[]> {
  const file = path.join(stack.synthesized, `${stack.name}.template.json`);
  const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
  const ids = new Map(
    (await resourcesOf(place)).map((one) => [one.LogicalResourceId, one.PhysicalResourceId]),
  );
  const dashboards = dashboardsOf(template, stack.name, (id) => ids.get(id) ?? id);
  for (const { name, body } of dashboards) {
    await ask(place, 'monitoring', 'PutDashboard', { DashboardName: name, DashboardBody: body });
  }
  const listed = await ask(place, 'monitoring', 'ListDashboards', {});
  const there = membersOf(listed?.DashboardEntries).map((entry) => entry.DashboardName);
  const names = dashboards.map(({ name }) => name);
  const missing = names.find((name) => !there.includes(name));
  if (missing === undefined) return names;
  throw new LocalStackError(
    'API_FAILED',
    `the dashboard ${missing} was put, but is not there`,
    'See localstack.log in the folder of the run.',
  );
}

/** All dashboards of a template; one without a name gets one that says where it is from. */
export const dashboardsOf = (
  { Resources }: Template,
  stackName: string,
  physicalId: (logicalId: string) => string,
): { readonly name: string; readonly body: string }[] =>
  Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Dashboard')
    .map(([logicalId, { Properties }]) => ({
      name: templateText(Properties?.DashboardName, physicalId) || `${stackName}-${logicalId}`,
      body: templateText(Properties?.DashboardBody, physicalId),
    }));

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
};

/** A text of a template, with what it refers to. Alarms are all that dashboards ask an attribute of. */
export function templateText(value: unknown, physicalId: (logicalId: string) => string): string {
  if (typeof value === 'string') return value;
  const { Ref, ...functions } = (value ?? {}) as { readonly Ref?: string };
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute } = functions as {
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
    readonly 'Fn::GetAtt'?: readonly [string, string];
  };
  if (Ref !== undefined) return PSEUDO[Ref] ?? physicalId(Ref);
  if (join) return join[1].map((part) => templateText(part, physicalId)).join(join[0]);
  if (attribute) return `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${physicalId(attribute[0])}`;
  return '';
}
