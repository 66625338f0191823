import { setTimeout as sleepFor } from 'node:timers/promises';
import type { PutRecords } from './player.ts';

/** A backlog as great as this is not let grow fast: a machine that is too slow would never catch up. */
const UNREAD_MAX = 5_000;
const HELD_BACK_MS = 1_000;

/** How long to wait before more is put: the longer, the more is unread, so that the backlog stays where it is. Ms. */
export const waitBefore = (unread: number): number =>
  unread > UNREAD_MAX ? Math.round((HELD_BACK_MS * unread) / UNREAD_MAX) : 0;

/** Puts records as fast as what reads them can follow. */
export const heldBack =
  (putRecords: PutRecords, unread: () => number, signal: AbortSignal): PutRecords =>
  async (records) => {
    const ms = waitBefore(unread());
    if (ms > 0) await sleepFor(ms, undefined, { signal }).catch(() => {});
    return putRecords(records);
  };
