import type { Plan } from '../../topology/plan.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { type Run, type RunOptions, runOnce } from './one-run.ts';
import type { Without } from './world.ts';

/** A failure that needs as little as could be found. */
export interface Shrunk {
  readonly run: Run;
  /** The kinds of faults that it needs. */
  readonly faults: readonly FaultKind[];
  /** What happened, for a person to read. */
  readonly trace: readonly string[];
}

/** Runs to look for a smaller failure, at most. */
const TRIES_MAX = 600;

/** Looks for a run of the same seed that fails with fewer kinds of faults, fewer records and fewer faults. */
export async function shrink(plan: Plan, failed: Run, options: RunOptions): Promise<Shrunk> {
  let tries = 0;
  let smallest = failed;
  const fails = async (faults: readonly FaultKind[], without: Without): Promise<boolean> => {
    if (++tries > TRIES_MAX) return false;
    const run = await runOnce(plan, failed.seed, { ...options, faults }, without);
    if (!run.passed) smallest = run;
    return !run.passed;
  };
  let faults: readonly FaultKind[] = options.faults ?? FAULT_KINDS;
  for (const kind of faults) {
    const fewer = faults.filter((other) => other !== kind);
    if (await fails(fewer, EVERYTHING)) faults = fewer;
  }
  const records = await leftOut(failed.recordsDrawn, (some) =>
    fails(faults, { ...EVERYTHING, records: some }),
  );
  const faultsOut = await leftOut(smallest.faultsDrawn, (some) =>
    fails(faults, { records, faults: some }),
  );
  const trace: string[] = [];
  const tracing = { ...options, faults, trace: (line: string) => trace.push(line) };
  const run = await runOnce(plan, failed.seed, tracing, { records, faults: faultsOut });
  return { run, faults: faults.filter((kind) => run.injected.has(kind)), trace };
}

const EVERYTHING: Without = { records: new Set(), faults: new Set() };

/** What of `count` things can be left out: large pieces first, then smaller ones, in the end one by one. */
async function leftOut(
  count: number,
  stillFails: (out: ReadonlySet<number>) => Promise<boolean>,
): Promise<ReadonlySet<number>> {
  let out: ReadonlySet<number> = new Set();
  for (
    let piece = Math.ceil(count / 2);
    piece > 0;
    piece = piece === 1 ? 0 : Math.ceil(piece / 2)
  ) {
    for (let from = 0; from < count; from += piece) {
      const more = new Set(out);
      for (let n = from; n < Math.min(from + piece, count); n++) more.add(n);
      if (more.size > out.size && (await stillFails(more))) out = more;
    }
  }
  return out;
}
