import type { Observation } from '../../observability/observer.ts';
import type { LogLine } from '../snapshot.ts';

/** What happened, for people; `undefined` for what happens all the time. */
export function logLineOf(seen: Observation): Omit<LogLine, 'at'> | undefined {
  switch (seen.kind) {
    case 'aborted':
      return {
        level: 'warn',
        text: `${shortLane(seen.lane)}: ${seen.attempts} attempts before epoch ${seen.epoch} will never count`,
      };
    case 'fenced':
      return { level: 'warn', text: `${shortLane(seen.lane)}: epoch ${seen.epoch} was overtaken` };
    case 'ended':
      return {
        level: 'info',
        text: `${shortLane(seen.lane)} is closed, and all of it is dealt with`,
      };
    case 'undone':
      return {
        level: 'warn',
        text: `${shortLane(seen.lane)}: the batch comes again: ${said(seen.error)}`,
      };
    case 'failed':
      return { level: 'error', text: `${seen.what}: ${said(seen.error)}` };
    default:
      return undefined;
  }
}

const shortLane = (lane: string): string => lane.replace(/^.*shardId-0*(\d+)$/, 'shard $1');

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
