import type { Construct } from 'constructs';
import { ConfigurationError } from '../errors.ts';
import type { Plan } from '../topology/plan.ts';
import type { AnyTable } from './tables.ts';
import { checkWhereabouts } from './whereabouts.ts';

/** Who keeps a stage in a control table, by the name of the stage. */
const KEEPERS = new WeakMap<AnyTable, Map<string, string>>();

/**
 * Refuses tables in which another pipeline of the app keeps a stage of the same name: each would take the
 * lanes of the other for its own.
 *
 * @throws ConfigurationError STAGE_DUPLICATE, RESOURCE_ELSEWHERE
 */
export function checkOwnTables(
  pipeline: Construct,
  { stages }: Plan,
  { control, state }: { readonly control: AnyTable; readonly state: AnyTable },
): void {
  checkWhereabouts(pipeline, 'the control table', control);
  checkWhereabouts(pipeline, 'the state table', state);
  for (const table of [control, state]) {
    const keepers = KEEPERS.get(table) ?? new Map<string, string>();
    KEEPERS.set(table, keepers);
    for (const { name } of stages) {
      const other = keepers.get(name);
      if (other !== undefined && other !== pipeline.node.path) throw duplicate(name, other);
      keepers.set(name, pipeline.node.path);
    }
  }
}

const duplicate = (stage: string, pipeline: string): ConfigurationError =>
  new ConfigurationError(
    'STAGE_DUPLICATE',
    `the pipeline ${pipeline} keeps a stage "${stage}" in the same tables`,
    'Give each pipeline tables of its own: leave out stateTables.',
  );
