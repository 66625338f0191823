import type { Schema } from './standard-schema.ts';

/** What a field holds; with `?` it may be missing. `json`: anything that JSON holds. */
export type FieldKind = Kind | `${Kind}?`;

/** Names and kinds, as in `{ timestamp: 'string', amount: 'number?' }`. */
export type FieldKinds = Readonly<Record<string, FieldKind>>;

interface Kinds {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly json: unknown;
}

type Kind = keyof Kinds;

type Optional = `${Kind}?`;

/** An event that has these fields, and no others. */
export type WithFields<F extends FieldKinds> = {
  readonly [N in keyof F as F[N] extends Optional ? never : N]: F[N] extends Kind
    ? Kinds[F[N]]
    : never;
} & {
  readonly [N in keyof F as F[N] extends Optional
    ? N
    : never]?: F[N] extends `${infer K extends Kind}?` ? Kinds[K] : never;
};

/** One declared field. */
export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly optional: boolean;
}

/** A schema that says which fields are read, so that whoever decodes need not look at any other. */
export interface FieldsSchema<Out = unknown> extends Schema<Out> {
  readonly fields: readonly Field[];
}

export const KINDS: readonly string[] = ['string', 'number', 'boolean', 'json'];

/** The schema of declared fields; `fields` of the topology has checked how they are written. */
export function fieldsSchema<F extends FieldKinds>(kinds: F): FieldsSchema<WithFields<F>> {
  const fields = Object.entries(kinds).map(([name, text]) => fieldOf(name, text));
  const validate = (value: unknown) => {
    if (!isRecord(value)) return NO_OBJECT;
    const values = fields.map(({ name }) => (Object.hasOwn(value, name) ? value[name] : undefined));
    const wrong = fields.find((field, n) => !fits(field, values[n]));
    if (wrong !== undefined) return { issues: [issueOf(wrong)] };
    return { value: eventOf(fields, values) as WithFields<F> };
  };
  return Object.freeze({
    '~standard': Object.freeze({ version: 1, vendor: VENDOR, validate }),
    fields: Object.freeze(fields),
  });
}

/** Whether a schema declares its fields, so that nothing else of an event needs to be read. */
export const declaresFields = (schema: Schema): schema is FieldsSchema =>
  schema['~standard'].vendor === VENDOR && 'fields' in schema;

/** Whether a value may be in a field; undefined: there is none. */
export function fits({ kind, optional }: Field, value: unknown): boolean {
  if (value === undefined) return optional;
  return kind === 'json' || typeof value === kind;
}

/** The event with these values, in the order of its fields, whatever the order in which they were written. */
export function eventOf(fields: readonly Field[], values: readonly unknown[]): unknown {
  const event: Record<string, unknown> = {};
  for (let n = 0; n < fields.length; n++) {
    const value = values[n];
    if (value !== undefined) event[(fields[n] as Field).name] = value;
  }
  return event;
}

const VENDOR = 'tidemark';

const NO_OBJECT = { issues: [{ message: 'the event is no object' }] };

const issueOf = ({ name, kind }: Field) => ({
  path: [name],
  message: kind === 'json' ? 'it is missing' : `it is no ${kind}`,
});

const fieldOf = (name: string, text: FieldKind): Field => {
  const optional = text.endsWith('?');
  return Object.freeze({ name, kind: (optional ? text.slice(0, -1) : text) as Kind, optional });
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
