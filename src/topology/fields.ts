import { PlanError } from '../errors.ts';
import {
  type FieldKinds,
  type FieldsSchema,
  fieldsSchema,
  KINDS,
  type WithFields,
} from '../schema/fields.ts';

/**
 * A schema of named fields, as in `fields({ timestamp: 'string', page: 'string', amount: 'number?' })`:
 * an event has these and no others, in this order. A field with `?` may be missing; `'json'` is anything.
 * It checks types alone, costs next to nothing, and lets an event be read without looking at the rest of it.
 *
 * @throws PlanError SCHEMA_INVALID
 */
export function fields<const F extends FieldKinds>(kinds: F): FieldsSchema<WithFields<F>> {
  const entries = Object.entries(kinds ?? {});
  if (entries.length === 0) throw invalid('fields() was given no fields');
  for (const [name, kind] of entries) {
    // An object takes it for something else.
    if (name === '__proto__') throw invalid('a field is called __proto__');
    if (typeof kind === 'string' && KINDS.includes(kind.replace(/\?$/, ''))) continue;
    throw invalid(`the field ${name} is said to be ${JSON.stringify(kind)}`);
  }
  return fieldsSchema(kinds);
}

const invalid = (fact: string): PlanError =>
  new PlanError(
    'SCHEMA_INVALID',
    fact,
    "Name each field that is read with 'string', 'number', 'boolean' or 'json', and a ? after it if it may be missing.",
  );
