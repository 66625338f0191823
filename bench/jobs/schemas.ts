import { fields, type Schema } from 'tidemark';
import * as z from 'zod';

/** How a pipeline has its events checked: `fields` are declared, `zod` checks all of them, `any` none. */
export const SCHEMA_KINDS = ['fields', 'zod', 'any'] as const;

export type SchemaKind = (typeof SCHEMA_KINDS)[number];

/** As the generator of clicks makes them. */
export interface Click {
  readonly timestamp: string;
  readonly event_id: number;
  readonly user_id: number;
  readonly action: string;
  readonly page: string;
}

/** As the generator of an auction site makes them: what each kind of event has. */
export interface AuctionSite {
  readonly kind: string;
  readonly dateTime: number;
  readonly id: number;
  readonly name: string;
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly seller: number;
  readonly category: number;
}

/** Takes every event as it is. */
export const anything = <T>(): Schema<T> => ({
  '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value: value as T }) },
});

const click = z.object({
  timestamp: z.iso.datetime(),
  event_id: z.int(),
  user_id: z.int(),
  action: z.string(),
  page: z.string(),
});

const auctionSite = z.object({
  kind: z.string(),
  dateTime: z.int(),
  id: z.int().optional(),
  name: z.string().optional(),
  auction: z.int().optional(),
  bidder: z.int().optional(),
  price: z.int().optional(),
  seller: z.int().optional(),
  category: z.int().optional(),
});

type Names<T> = readonly (keyof T & string)[];

const TEXTS: readonly string[] = ['timestamp', 'action', 'page', 'kind', 'name'];

/** The events of one job, which reads no more than these fields. */
export function schemaOf<T>(kind: SchemaKind, all: Schema, names: Names<T>): Schema<T> {
  if (kind === 'any') return anything();
  if (kind === 'zod') return all as Schema<T>;
  const optional = (name: string): string => (ALWAYS.includes(name) ? '' : '?');
  const kinds = names.map((name) => [
    name,
    `${TEXTS.includes(name) ? 'string' : 'number'}${optional(name)}`,
  ]);
  return fields(Object.fromEntries(kinds)) as Schema as Schema<T>;
}

const ALWAYS: readonly string[] = [...Object.keys(click.shape), 'kind', 'dateTime'];

export const clickSchema = (kind: SchemaKind, ...names: Names<Click>): Schema<Click> =>
  schemaOf(kind, click, names);

export const siteSchema = (kind: SchemaKind, ...names: Names<AuctionSite>): Schema<AuctionSite> =>
  schemaOf(kind, auctionSite, names);
