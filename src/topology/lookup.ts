import { PlanError } from '../errors.ts';
import type { Schema, StandardSchemaV1 } from '../schema/standard-schema.ts';
import { formatDuration } from '../time/duration.ts';
import type { Flow } from './draft.ts';
import { checkOptions, LOOKUP_OPTIONS } from './option-names.ts';
import type { LookupPlan, Plan, Step } from './plan.ts';
import { checkDuration, checkFunction, checkName } from './settings.ts';

/** Rows of a table that others keep, to be looked up one by one. */
export interface RowsOf<R> {
  readonly kind: 'rows';
  readonly name: string;
  readonly schema: Schema | undefined;
  /** The type of one row, for `typeof rows.type`; there is no value. */
  readonly type?: R;
}

/**
 * The rows of an existing table, for `lookup()`: the runtime gives the table of this name. With a schema
 * each row is checked when it is looked up, and an event whose row does not fit is a bad record.
 *
 * @throws PlanError NAME_INVALID, SCHEMA_INVALID
 */
export function rowsOf<S extends Schema>(
  name: string,
  options: { readonly schema: S },
): RowsOf<StandardSchemaV1.InferOutput<S>>;
/** Rows of a table that others keep, by its name, as they are: their type is said and not checked. */
export function rowsOf<R = Readonly<Record<string, unknown>>>(name: string): RowsOf<R>;
export function rowsOf(name: string, options?: { readonly schema: Schema }): RowsOf<unknown> {
  checkName('a table to look rows up in', name);
  const schema = options?.schema;
  if (options !== undefined && typeof schema?.['~standard']?.validate !== 'function')
    throw noSchema(name);
  return Object.freeze({ kind: 'rows', name, schema });
}

/** How rows are looked up. Durations in ms. */
export interface LookupOptions<T> {
  /** The key of the row that belongs to an event, a function of the event alone; none: there is no row. */
  readonly key: (event: T) => string | number | null | undefined;
  /** Sees all that was written before, for twice the price; otherwise a row may be a moment old. Default false. */
  readonly consistent?: boolean;
  /**
   * How long a row that was read may be used again for later batches, ms: each process remembers up to
   * 10,000 of a table, absent ones too. Default 0: each batch reads the rows that it needs.
   */
  readonly cacheFor?: number;
  /** Leaves out events that have no row. Default false. */
  readonly required?: boolean;
}

/** An event, and the row that was looked up for it. */
export interface LookedUp<T, R> {
  readonly event: T;
  readonly row: R;
}

/** @throws PlanError if a flow cannot look up that */
export function lookupStep(flow: Flow, rows: unknown, options: LookupOptions<never>): Step {
  checkBeforeStages(flow);
  if ((rows as RowsOf<unknown> | undefined)?.kind !== 'rows') throw noRows();
  const { name: table, schema } = rows as RowsOf<unknown>;
  const { key, consistent = false, cacheFor = 0, required = false } = options ?? {};
  checkOptions(`the lookup in ${table}`, options ?? {}, LOOKUP_OPTIONS);
  checkFunction(`the key to look up in ${table}`, key);
  checkDuration(`cacheFor of ${table}`, cacheFor, 0);
  if (consistent && cacheFor > 0) throw staleAndConsistent(table);
  const lookup: LookupPlan = { table, schema, consistent, cacheForMs: cacheFor, required };
  return Object.freeze({ kind: 'lookup', apply: key, lookup: Object.freeze(lookup) });
}

/** The tables that a plan looks rows up in, each once. */
export const lookupsOf = ({ stages }: Pick<Plan, 'stages'>): string[] => [
  ...new Set(
    stages.flatMap(({ inputs }) =>
      inputs.flatMap(({ steps }) =>
        steps.flatMap((step) => (step.kind === 'lookup' ? [step.lookup.table] : [])),
      ),
    ),
  ),
];

/** A step in words. */
export function stepText(step: Step): string {
  if (step.kind !== 'lookup') return step.kind;
  const { table, consistent, cacheForMs, required } = step.lookup;
  const settings = [
    ...(required ? ['required'] : []),
    ...(consistent ? ['consistent'] : []),
    ...(cacheForMs > 0 ? [`cached for ${formatDuration(cacheForMs)}`] : []),
  ];
  return `lookup ${table}${settings.length > 0 ? ` (${settings.join(', ')})` : ''}`;
}

/** Firing comes again after a crash, and has to tell the same again: a row may be another one by then. */
function checkBeforeStages({ paths }: Flow): void {
  const stage = paths.find(({ origin }) => origin.kind === 'stage');
  if (stage === undefined) return;
  throw new PlanError(
    'STAGE_INVALID',
    'rows are to be looked up for what a stage tells',
    'Look them up before keyBy(), where they are kept with the event, or join a table with joinAsOf().',
  );
}

const noRows = (): PlanError =>
  new PlanError(
    'STAGE_INVALID',
    'lookup() was not given rows',
    "Give rows of an existing table, such as rowsOf('products'); a table of the plan is joined with joinAsOf().",
  );

const staleAndConsistent = (table: string): PlanError =>
  new PlanError(
    'SETTING_INVALID',
    `rows of ${table} are to be consistent and to be used again later`,
    'Leave out one of consistent and cacheFor.',
  );

const noSchema = (name: string): PlanError =>
  new PlanError(
    'SCHEMA_INVALID',
    `the schema of ${name} does not speak Standard Schema v1`,
    'Give a schema of zod, valibot, arktype or another library of https://standardschema.dev.',
  );
