import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Any schema that speaks Standard Schema v1 (https://standardschema.dev): zod, valibot, arktype and others. */
export type Schema<Out = unknown> = StandardSchemaV1<unknown, Out>;

export type { StandardSchemaV1 };
