import type { Plan } from '../../topology/plan.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { type Run, type RunOptions, runOnce } from './one-run.ts';

/** A failure that needs as little as could be found. */
export interface Shrunk {
  readonly run: Run;
  readonly records: number;
  readonly faults: readonly FaultKind[];
  /** What happened, for a person to read. */
  readonly trace: readonly string[];
}

/** Looks for a run of the same seed that fails with fewer records and fewer kinds of faults. */
export async function shrink(plan: Plan, failed: Run, options: RunOptions): Promise<Shrunk> {
  const fails = async (records: number, faults: readonly FaultKind[]): Promise<boolean> =>
    !(await runOnce(plan, failed.seed, { ...options, records, faults })).passed;
  let faults: readonly FaultKind[] = (options.faults ?? FAULT_KINDS).filter((kind) =>
    failed.injected.has(kind),
  );
  let { records } = failed;
  if (!(await fails(records, faults))) faults = options.faults ?? FAULT_KINDS;
  for (const kind of faults) {
    const fewer = faults.filter((other) => other !== kind);
    if (await fails(records, fewer)) faults = fewer;
  }
  for (let step = records >> 1; step > 0; ) {
    if (records > step && (await fails(records - step, faults))) records -= step;
    else step >>= 1;
  }
  const trace: string[] = [];
  const tracing = { ...options, records, faults, trace: (line: string) => trace.push(line) };
  return { run: await runOnce(plan, failed.seed, tracing), records, faults, trace };
}
