import type { Backoff } from './backoff.ts';
import { UnavailableError } from './errors.ts';

/** Something that goes out together with others. */
export interface Sendable {
  /** Those of one group are taken in their order. */
  readonly group: string;
  readonly bytes: number;
}

/** What was not taken of a request, and why. */
export interface Answer<Item> {
  readonly refused: readonly Item[];
  readonly cause?: unknown;
}

/** How requests are made, and what to do with what is not taken. */
export interface Requests<Item> {
  /** So many items, and so many bytes, go in one request at most. */
  readonly limits: { readonly count: number; readonly bytes: number };
  readonly backoff: Backoff;
  readonly signal: AbortSignal | undefined;
  /** An UnavailableError counts as everything refused: nobody knows what was taken. */
  send(items: readonly Item[]): Promise<Answer<Item>>;
  /** Told how many items have to be sent again. */
  readonly onRefused?: ((items: number) => void) | undefined;
  /** What is thrown in the end. */
  notTaken(items: number, cause: unknown): UnavailableError;
}

/**
 * Sends items, and those again that are not taken, until none is left. A request may be taken in part, so
 * that no item is sent before those of its group that are ahead of it are known to be there.
 *
 * @throws UnavailableError if some are not taken in all tries, DeadlineError
 */
export async function sendInOrder<Item extends Sendable>(
  items: readonly Item[],
  requests: Requests<Item>,
): Promise<void> {
  const { backoff, signal, limits } = requests;
  let left = items;
  for (let retry = 0; left.length > 0; ) {
    const { request, later } = nextRequest(left, limits);
    const { refused, cause } = await sent(requests, request);
    left = [...refused, ...later];
    retry = refused.length < request.length ? 0 : retry + 1;
    if (retry >= backoff.triesMax) throw requests.notTaken(left.length, cause);
    if (refused.length === 0) continue;
    requests.onRefused?.(refused.length);
    await backoff.pause(retry, signal);
  }
}

async function sent<Item>({ send }: Requests<Item>, items: readonly Item[]): Promise<Answer<Item>> {
  try {
    return await send(items);
  } catch (error) {
    if (error instanceof UnavailableError) return { refused: items, cause: error };
    throw error;
  }
}

/** The first item of each group, as far as a request can hold them. */
function nextRequest<Item extends Sendable>(
  items: readonly Item[],
  limits: Requests<Item>['limits'],
): { request: Item[]; later: Item[] } {
  const request: Item[] = [];
  const later: Item[] = [];
  const groups = new Set<string>();
  let room = limits.bytes;
  for (const item of items) {
    const isFirst = !groups.has(item.group);
    // Also of one that has no room: none behind it may overtake it.
    groups.add(item.group);
    const fits = request.length < limits.count && (item.bytes <= room || request.length === 0);
    if (isFirst && fits) {
      request.push(item);
      room -= item.bytes;
    } else later.push(item);
  }
  return { request, later };
}
