import { seeded } from '../../seeded.ts';
import { detect, fileItems, type InputShape } from '../start/input.ts';
import { traffic } from '../start/traffic.ts';
import type { TrafficItem } from '../start/traffic-item.ts';

/** What is sent to the deployed pipeline. */
export interface SampleOptions {
  /** A file of events; `undefined`: the generated clickstream. */
  readonly input: string | undefined;
  /** Which action of the file is taken for a click. */
  readonly action: string;
  readonly seed: number;
  /** How many records. */
  readonly records: number;
  /** Wall time, ms. */
  readonly now: number;
}

/** So far back, generated traffic has room before the present for what is sent later. */
const STARTED_BEFORE_MS = 12 * 3_600_000;

/** Of generated events that are sent, so that few of them are of many windows: about one a second. */
const ONE_OF = 8;

/** So many records in the order of arrival, or as many as the file has. */
export async function sampleItems(options: SampleOptions): Promise<TrafficItem[]> {
  const { input, seed, records, now } = options;
  if (input === undefined) {
    const startTime = now - STARTED_BEFORE_MS;
    const all = traffic({ random: seeded(seed), startTime, events: records * ONE_OF });
    return [...all].filter((_, index) => index % ONE_OF === 0);
  }
  const shape = await detect(input);
  const items: TrafficItem[] = [];
  for await (const item of fileItems(input)) {
    items.push(withFields(item, (fields) => clickOf(fields, shape, options.action)));
    if (items.length === records) break;
  }
  return items;
}

/** The same records so much later, so that they can follow others. */
export function laterBy(items: readonly TrafficItem[], delayMs: number): TrafficItem[] {
  if (delayMs === 0) return [...items];
  return items.map((item) => ({
    ...withFields(item, (fields) => ({ ...fields, ...moved(fields, delayMs) })),
    arrivalTime: item.arrivalTime + delayMs,
  }));
}

type Fields = Readonly<Record<string, unknown>>;

/** As the reference pipeline reads clicks: the address under `url`, and `click` for what is counted. */
function clickOf({ page, ...fields }: Fields, { keyField }: InputShape, action: string): Fields {
  return {
    ...fields,
    ...(keyField === 'page' ? { url: page } : {}),
    ...(fields.action === action ? { action: 'click' } : {}),
  };
}

function moved({ timestamp }: Fields, delayMs: number): Fields {
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(time)) return {};
  return { timestamp: new Date(time + delayMs).toISOString() };
}

/** A record with other fields; one that is no JSON object stays as it is. */
function withFields(item: TrafficItem, change: (fields: Fields) => Fields): TrafficItem {
  if (typeof item.line !== 'string') return item;
  let value: unknown;
  try {
    value = JSON.parse(item.line);
  } catch {
    return item;
  }
  if (typeof value !== 'object' || value === null) return item;
  return { ...item, line: JSON.stringify(change(value as Fields)) };
}
