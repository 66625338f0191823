import type { TableNames } from '../../dynamodb/tables.ts';
import type { Resource, Resources } from '../../environment.ts';
import { ConfigurationError } from '../../errors.ts';
import { type Plan, sinksOf } from '../../topology/plan.ts';
import { checkVersion, tableOfVersion } from '../../versions/versions.ts';

/**
 * What the functions of a version would be told: tables of its own, and the streams of the deployment.
 *
 * @throws ConfigurationError VERSION_INVALID; SINK_MISSING if something goes where there are no versions
 */
export function resourcesOfVersion(resources: Resources, version: string): Resources {
  checkVersion(version);
  const named = (table: string): string => tableOfVersion(table, version);
  const own = (resource: Resource): Resource => {
    if (resource.kind !== 'table') throw noVersions(resource);
    return { ...resource, name: named(resource.name) };
  };
  const all = (group: Readonly<Record<string, Resource>>): Record<string, Resource> =>
    Object.fromEntries(Object.entries(group).map(([name, one]) => [name, own(one)]));
  const { role: _, ...rest } = resources;
  return {
    ...rest,
    control: named(resources.control),
    state: named(resources.state),
    deadLetters: own(resources.deadLetters),
    sinks: all(resources.sinks),
    lateEvents: all(resources.lateEvents),
  };
}

/** All tables that the functions of a plan write to. */
export function tablesOf(plan: Plan, { control, state, ...resources }: Resources): TableNames {
  const results = sinksOf(plan).map(({ sink, shape }) => {
    const table = resources.sinks[sink.name];
    if (table !== undefined) return { name: table.name, shape };
    const fact = `the deployment has nothing for "${sink.name}"`;
    throw new ConfigurationError('SINK_MISSING', fact, NEW_SINK);
  });
  const lateEvents = Object.values(resources.lateEvents).map(({ name }) => name);
  return { control, state, deadLetters: resources.deadLetters.name, results, lateEvents };
}

const NEW_SINK =
  'Add it to the resources, under the name that the table of the first version would have.';

const noVersions = ({ kind, name }: Resource): ConfigurationError =>
  new ConfigurationError(
    'SINK_MISSING',
    `there are no versions of "${name}", which is of kind "${kind}"`,
    'Give the plan of the new version sinks that are tables.',
  );
