import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ask, membersOf } from './api.ts';
import { type DeployedStack, resourcesOf } from './deploy.ts';
import { LocalStackError } from './failure.ts';
import { ACCOUNT, type Place, REGION } from './place.ts';

interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }
    >
  >;
}

/**
 * Puts the dashboard of the stack, which LocalStack leaves out when it deploys. Resolves with its name.
 *
 * @throws LocalStackError API_FAILED
 */
export async function putDashboard(place: Place, stack: DeployedStack): Promise<string> {
  const file = path.join(stack.synthesized, `${stack.name}.template.json`);
  const { Resources } = JSON.parse(readFileSync(file, 'utf8')) as Template;
  const found = Object.values(Resources).find(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  const ids = new Map(
    (await resourcesOf(place)).map((one) => [one.LogicalResourceId, one.PhysicalResourceId]),
  );
  const body = templateText(found?.Properties?.DashboardBody, (id) => ids.get(id) ?? id);
  const name = templateText(found?.Properties?.DashboardName, (id) => ids.get(id) ?? id);
  const DashboardName = name === '' ? stack.name : name;
  await ask(place, 'monitoring', 'PutDashboard', { DashboardName, DashboardBody: body });
  const listed = await ask(place, 'monitoring', 'ListDashboards', {});
  const names = membersOf(listed?.DashboardEntries).map((entry) => entry.DashboardName);
  if (names.includes(DashboardName)) return DashboardName;
  throw new LocalStackError(
    'API_FAILED',
    `the dashboard ${DashboardName} was put, but is not there`,
    'See localstack.log in the folder of the run.',
  );
}

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
