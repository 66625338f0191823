import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** What a group-by says of a file: no stream, no shards, nothing late. */
export interface PlainCount {
  readonly lines: number;
  /** How often each action is in it. */
  readonly actions: ReadonlyMap<string, number>;
  /** Events of `action` by `windowId`. */
  readonly windows: ReadonlyMap<string, number>;
}

/** One name for one window of one page. */
export const windowId = (windowStart: number, page: string): string => `${windowStart} ${page}`;

/** Counts the events of a .jsonl.gz file of events with pages, as they are in the file. */
export async function plainCount(
  file: string,
  { action, windowMs }: { action: string; windowMs: number },
): Promise<PlainCount> {
  const actions = new Map<string, number>();
  const windows = new Map<string, number>();
  let lines = 0;
  const input = createReadStream(file).pipe(createGunzip());
  for await (const line of createInterface({ input })) {
    const event = JSON.parse(line) as FileEvent;
    lines += 1;
    addOne(actions, event.action);
    if (event.action !== action) continue;
    const time = Date.parse(event.timestamp);
    addOne(windows, windowId(time - (time % windowMs), event.page));
  }
  return { lines, actions, windows };
}

interface FileEvent {
  readonly timestamp: string;
  readonly action: string;
  readonly page: string;
}

const addOne = (counts: Map<string, number>, name: string): unknown =>
  counts.set(name, (counts.get(name) ?? 0) + 1);
