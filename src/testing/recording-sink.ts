import { type MemorySink, memorySink } from '../sinks/memory.ts';
import type { Output } from '../sinks/sink.ts';

/** A table in memory that also remembers what was written to it. */
export interface RecordingSink extends MemorySink {
  /** What was written since the last call, in order. */
  take(): Output[];
}

export function recordingSink(): RecordingSink {
  const table = memorySink();
  let written: Output[] = [];
  const sink: RecordingSink = {
    async write(outputs) {
      written.push(...outputs);
      await table.write(outputs);
    },
    rows: () => table.rows(),
    take() {
      const taken = written;
      written = [];
      return taken;
    },
    until: () => sink,
  };
  return sink;
}
