import type { Observation } from '../../observability/observer.ts';
import type { LaneSnapshot, LaneState } from '../snapshot.ts';

/** A lane as the control table has it. */
export interface CommittedLane {
  readonly lane: string;
  readonly position: string;
  readonly watermark: number;
  readonly ended: boolean;
  readonly records: number;
  readonly filtered: number;
  readonly late: number;
  readonly deadLetters: number;
}

/** What is known of a lane besides what it has committed. */
interface Seen {
  gatheredAt: number;
  /** Batches that failed since it last went on. */
  failures: number;
  complaint: string;
}

/** Times beyond these are no times: nothing has come yet, or nothing will. */
const FARTHEST = 8.64e15;
/** So long without a batch, ms, a lane is idle, or behind if it has records. */
const QUIET_MS = 4_000;
/** One failure is bad luck, a second one at the same place a bad record. */
const FAILURES_OF_POISON = 2;

/** The lanes of one stage: where each stands, and which of them holds the stage back. */
export class Lanes {
  readonly #seen = new Map<string, Seen>();
  #committed: readonly CommittedLane[] = [];

  commit(lanes: readonly CommittedLane[]): void {
    this.#committed = lanes;
  }

  /** What the lanes together have committed. */
  get totals() {
    const sum = (name: 'records' | 'filtered' | 'late' | 'deadLetters') =>
      this.#committed.reduce((all, lane) => all + lane[name], 0);
    return {
      records: sum('records'),
      filtered: sum('filtered'),
      late: sum('late'),
      deadLetters: sum('deadLetters'),
    };
  }

  /** The least watermark of those that go on; `undefined`: there is none yet. */
  get watermark(): number | undefined {
    const open = this.#committed.filter(({ ended }) => !ended);
    const least = Math.min(...open.map(({ watermark }) => watermark));
    return Math.abs(least) < FARTHEST ? least : undefined;
  }

  observe(seen: Observation, at: number): void {
    if (!('lane' in seen)) return;
    const known = this.#seen.get(seen.lane);
    const lane = known ?? { gatheredAt: at, failures: 0, complaint: '' };
    this.#seen.set(seen.lane, lane);
    if (seen.kind === 'gathered') {
      lane.gatheredAt = at;
      lane.failures = 0;
    } else if (seen.kind === 'undone') {
      lane.failures += 1;
      lane.complaint = seen.error instanceof Error ? seen.error.message : String(seen.error);
    } else if (seen.kind === 'stopped') {
      lane.failures = FAILURES_OF_POISON;
      lane.complaint = `it waits at a record: ${seen.reason}`;
    }
  }

  /** `sentTo` says how many records a lane was sent, `streamOf` where from. */
  snapshot(
    now: number,
    { sentTo, streamOf }: { sentTo(lane: string): number; streamOf(lane: string): string },
  ): LaneSnapshot[] {
    const slowest = this.watermark;
    return this.#committed.map((lane) => {
      const waiting = Math.max(0, sentTo(lane.lane) - lane.records);
      const seen = this.#seen.get(lane.lane);
      const state = stateOf(lane, waiting, seen, now);
      return {
        lane: lane.lane,
        label: labelOf(lane.lane),
        stream: streamOf(lane.lane),
        position: lane.position,
        watermark: Math.abs(lane.watermark) < FARTHEST ? lane.watermark : null,
        waiting,
        state,
        isSlowest: !lane.ended && slowest !== undefined && lane.watermark === slowest,
        why: wordsFor(state, waiting, seen),
      };
    });
  }
}

function stateOf(
  { ended, records }: CommittedLane,
  waiting: number,
  seen: Seen | undefined,
  now: number,
): LaneState {
  if (ended) return 'ended';
  if (seen !== undefined && seen.failures >= FAILURES_OF_POISON) return 'poisoned';
  const isQuiet = seen === undefined || now - seen.gatheredAt > QUIET_MS;
  if (waiting > 0) return isQuiet ? 'behind' : 'reading';
  if (records === 0) return 'new';
  return isQuiet ? 'idle' : 'reading';
}

function wordsFor(state: LaneState, waiting: number, seen: Seen | undefined): string {
  switch (state) {
    case 'ended':
      return 'the shard is closed, and all of it is dealt with';
    case 'poisoned':
      return `its batch failed ${seen?.failures} times: ${seen?.complaint}`;
    case 'behind':
      return `${waiting} records wait to be read`;
    case 'idle':
      return 'nothing to read; it follows the others at the next tick';
    case 'new':
      return 'nothing has come yet';
    case 'reading':
      return waiting > 0 ? `reads; ${waiting} records on their way` : 'has read all there is';
  }
}

/** Lanes carry the stream and its age in their name; people want the number. */
const labelOf = (lane: string): string => lane.replace(/^.*shardId-0*(\d+)$/, 'shard $1');
