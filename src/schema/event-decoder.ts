import { declaresFields, type FieldsSchema } from './fields.ts';
import { Layouts } from './layouts.ts';
import type { Schema } from './standard-schema.ts';

/** An event, or why there is none. */
export type Decoded =
  | { readonly ok: true; readonly event: unknown }
  | { readonly ok: false; readonly reason: 'NOT_JSON' | 'SCHEMA'; readonly detail: string };

export type Decode = (data: Uint8Array) => Decoded;

/** Turns the bytes of a record into an event that the schema has let pass. */
export function eventDecoder(schema: Schema): Decode {
  return declaresFields(schema) ? fieldsDecoder(schema) : wholeDecoder(schema);
}

/** A field of a long event must not keep all of its text in memory: what is cut out of a text refers to it. */
const SHORT_MAX = 4_096;

/** Declared fields are read alone where an event is written as others were; else all of it is. */
function fieldsDecoder(schema: FieldsSchema): Decode {
  const layouts = new Layouts(schema.fields);
  const whole = wholeDecoder(schema);
  return (data) => {
    if (data.length > SHORT_MAX) return whole(data);
    const text = bufferOf(data).toString('latin1');
    const event = layouts.read(text);
    if (event !== undefined) return { ok: true, event };
    const decoded = whole(data);
    if (decoded.ok) layouts.learn(text);
    return decoded;
  };
}

const bufferOf = (data: Uint8Array): Buffer =>
  Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);

export function wholeDecoder(schema: Schema): Decode {
  return (data) => {
    let json: unknown;
    try {
      json = JSON.parse(utf8.decode(data));
    } catch {
      return { ok: false, reason: 'NOT_JSON', detail: 'the record is not JSON text in UTF-8' };
    }
    const checked = checkedBy(schema, json);
    if (checked.ok) return { ok: true, event: checked.value };
    return { ok: false, reason: 'SCHEMA', detail: checked.detail };
  };
}

/** A value that a schema has let pass, or why it has not. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly detail: string };

export function checkedBy(schema: Schema, value: unknown): Checked {
  const result = atOnce(schema['~standard'].validate, value);
  if (typeof result === 'string') return { ok: false, detail: result };
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, detail: describeIssues(result.issues) };
}

/** Fatal: bytes that are not UTF-8 are not quietly replaced. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

const ISSUES_TOLD = 3;

type Issues = Extract<
  Awaited<ReturnType<Schema['~standard']['validate']>>,
  { readonly issues: readonly unknown[] }
>['issues'];

function describeIssues(issues: Issues): string {
  const told = issues.slice(0, ISSUES_TOLD).map((issue) => {
    const path = issue.path?.map((part) => String(typeof part === 'object' ? part.key : part));
    return path?.length ? `${path.join('.')}: ${issue.message}` : issue.message;
  });
  const more = issues.length - told.length;
  return more > 0 ? `${told.join('; ')}; and ${more} more` : told.join('; ');
}

type Validate = Schema['~standard']['validate'];

/** What the schema says at once, or why it says nothing: an event must be judged from its bytes alone. */
function atOnce(validate: Validate, json: unknown): Awaited<ReturnType<Validate>> | string {
  try {
    const result = validate(json);
    if (!(result instanceof Promise)) return result;
    result.catch(() => undefined);
    return 'the schema threw, or it validates asynchronously, which a stream cannot wait for';
  } catch (error) {
    return `the schema threw ${error instanceof Error ? `${error.name}: ${error.message}` : 'no Error'}`;
  }
}
