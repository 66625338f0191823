import { createHash } from 'node:crypto';
import { ConfigurationError } from '../../errors.ts';
import { isBlank } from '../../sources/line-batches.ts';
import { lines } from './lines.ts';
import type { TrafficItem } from './traffic-item.ts';

/** The items of a file, read as they are asked for. */
export interface FileItems extends AsyncIterable<TrafficItem> {
  /** How many lines held nothing but space; they are not played. */
  readonly blankLines: number;
}

/** How the events of a file name the page. */
export type KeyField = 'page' | 'url';

/** What the first events of a file tell about all of them. */
export interface InputShape {
  readonly keyField: KeyField;
  /** The earliest time that the pacing needs, ms. */
  readonly firstArrivalTime: number;
  /** Some of the actions that they have. */
  readonly actions: readonly string[];
}

/** How many lines are looked at before giving up. */
const LINES_LOOKED_AT = 1_000;
const ACTIONS_TOLD = 6;
const PARTITION_KEY_LENGTH_MAX = 256;

/** Plays a JSONL file line by line, every line as it is, malformed ones too. */
export function fileItems(file: string): FileItems {
  let blankLines = 0;
  return {
    get blankLines() {
      return blankLines;
    },
    async *[Symbol.asyncIterator]() {
      blankLines = 0;
      let arrivalTime = await firstArrival(file);
      const pace = new Pace();
      let number = 0;
      for await (const bytes of lines(file)) {
        number += 1;
        if (isBlank(bytes)) {
          blankLines += 1;
          continue;
        }
        const event = eventOf(bytes);
        arrivalTime = pace.after(arrivalTime, arrivalOf(event));
        yield { line: lineOf(bytes), partitionKey: partitionKeyOf(event, number), arrivalTime };
      }
      if (number === blankLines) throw emptyFile(file);
    },
  };
}

/** A jump ahead is believed when a second event confirms it: until then it is one broken clock. */
class Pace {
  #ahead: number | undefined;

  after(now: number, next: number | undefined): number {
    if (next === undefined || next <= now) return now;
    if (next - now <= JUMP_MS || this.#ahead !== undefined) {
      const confirmed = Math.min(next, this.#ahead ?? next);
      this.#ahead = undefined;
      return next - now <= JUMP_MS ? next : confirmed;
    }
    this.#ahead = next;
    return now;
  }
}

const JUMP_MS = 3_600_000;

/** Reads the first lines and says which field names the page: the one that more events have. */
export async function detect(file: string): Promise<InputShape> {
  const actions = new Set<string>();
  let pages = 0;
  let urls = 0;
  let looked = 0;
  for await (const bytes of lines(file)) {
    const event = eventOf(bytes);
    if (typeof event.page === 'string') pages += 1;
    if (typeof event.url === 'string') urls += 1;
    if (typeof event.action === 'string') actions.add(event.action);
    if (!isBlank(bytes)) looked += 1;
    if (looked === LINES_LOOKED_AT) break;
  }
  if (looked === 0) throw emptyFile(file);
  if (pages + urls === 0) throw noKeyField(file, looked);
  return {
    keyField: pages >= urls ? 'page' : 'url',
    firstArrivalTime: await firstArrival(file),
    actions: [...actions].slice(0, ACTIONS_TOLD),
  };
}

/** The first time in the file, so that malformed lines before it are not paced from 1970 on. */
async function firstArrival(file: string): Promise<number> {
  let looked = 0;
  for await (const bytes of lines(file)) {
    const arrivalTime = arrivalOf(eventOf(bytes));
    if (arrivalTime !== undefined) return arrivalTime;
    looked += 1;
    if (looked === LINES_LOOKED_AT) break;
  }
  return 0;
}

/** Drops a byte order mark, as the decoder of the pipeline does. */
const decoder = new TextDecoder();

type Fields = Readonly<Record<string, unknown>>;

/** The fields of the event on a line; none where the line is no JSON object. */
function eventOf(bytes: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

/** Text that encodes to the very bytes again, or else the bytes: a line is put as it is. */
function lineOf(bytes: Buffer): string | Uint8Array {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : bytes;
}

function partitionKeyOf(event: Fields, lineNumber: number): string {
  const key = textOf(event.user_id) ?? textOf(event.page) ?? textOf(event.url);
  if (key === undefined) return hash(String(lineNumber));
  return key.length <= PARTITION_KEY_LENGTH_MAX ? key : hash(key);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function arrivalOf(event: Fields): number | undefined {
  return instantOf(event.arrived_at) ?? instantOf(event.timestamp);
}

function instantOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : value;
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const emptyFile = (file: string) =>
  new ConfigurationError('INPUT_INVALID', `'${file}' is empty`, 'It needs one JSON object a line.');

const noKeyField = (file: string, looked: number) =>
  new ConfigurationError(
    'INPUT_INVALID',
    `none of the first ${looked} lines of '${file}' is an event with a page or url`,
    'Events look like {"timestamp":"2026-01-01T00:00:00Z","user_id":"u1","action":"click","page":"/"}.',
  );
