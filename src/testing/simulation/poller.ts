import type { Gathered } from '../../engine/gather.ts';
import type { LogRecord } from '../../sources/source.ts';
import type { Chance } from './chance.ts';
import type { FaultKind } from './faults.ts';
import type { SimulatedLog } from './log.ts';

export interface PollerOptions {
  readonly chance: Chance;
  sleep(ms: number): Promise<void>;
  draws(kind: FaultKind, where: string): boolean;
  running(): boolean;
  pollMs(): number;
  spawn(work: Promise<unknown>): void;
  gather(lane: string, records: readonly LogRecord[]): Promise<Gathered>;
  failed(error: unknown): void;
}

/**
 * The event source mapping of a stream: each shard by itself, in order, parents before children; a
 * batch that fails comes again, cut otherwise.
 */
export async function pollStream(log: SimulatedLog, options: PollerOptions): Promise<void> {
  const checkpoints = new Map<string, number>();
  const polled = new Set<string>();
  while (options.running()) {
    for (const lane of log.lanes) {
      if (
        polled.has(lane) ||
        !log.parents(lane).every((parent) => isRead(log, checkpoints, parent))
      )
        continue;
      polled.add(lane);
      options.spawn(pollShard(log, lane, checkpoints, options));
    }
    await options.sleep(options.pollMs());
  }
}

const isRead = (log: SimulatedLog, checkpoints: Map<string, number>, lane: string): boolean =>
  log.isGone(lane) || (checkpoints.get(lane) ?? 0) >= log.records(lane).length;

async function pollShard(
  log: SimulatedLog,
  lane: string,
  checkpoints: Map<string, number>,
  options: PollerOptions,
): Promise<void> {
  const { chance, draws, gather, failed, sleep } = options;
  while (options.running() && !log.isGone(lane)) {
    await sleep(chance.below(options.pollMs()));
    const records = log.records(lane);
    const checkpoint = checkpoints.get(lane) ?? 0;
    const again = draws('redelivery', lane);
    if (checkpoint >= records.length && !again) continue;
    const restart = draws('pollerRestart', lane);
    const from = restart ? 0 : again ? chance.below(checkpoint + 1) : checkpoint;
    const batch = records.slice(from, from + 1 + chance.below(8));
    if (batch.length === 0) continue;
    log.delivered(lane, from + batch.length);
    try {
      const { stoppedAt } = await gather(lane, batch);
      const stopped = batch.findIndex(({ position }) => position === stoppedAt);
      const dealtWith = from + (stopped < 0 ? batch.length : stopped);
      // A poller that has begun anew goes through what it had already delivered.
      checkpoints.set(lane, restart ? dealtWith : Math.max(checkpoint, dealtWith));
    } catch (error) {
      failed(error);
    }
  }
}
