import { ConfigurationError } from '../../errors.ts';
import type { LookupTable } from '../../lookups/lookup.ts';
import type { InputLane } from '../../sources/input-lane.ts';
import type { Plan } from '../../topology/plan.ts';
import { checkPlan } from '../../topology/plan-check.ts';
import { batchEngine } from './batch-engine.ts';
import { boundedPlan, checkLookups, checkTimes } from './bounded-plan.ts';
import { checkFiles } from './files.ts';
import { fireAll } from './fire-all.ts';
import { gatherAll } from './gather-all.ts';
import { checkSameJob, type Job, jobOf, type NumberedLane, numberedLanes } from './job.ts';
import { prepareOutput } from './output.ts';
import type { BatchProgress } from './progress.ts';
import { publish } from './publish.ts';
import { Run } from './run.ts';
import { type BatchSummary, readSummary } from './summary.ts';
import { discard, openWorkspace, unfinishedJob, type Workspace } from './workspace.ts';

/** What a plan is run over, where results go, and how. */
export interface BatchOptions {
  /** What each stream of the plan is read from, by its name. */
  readonly inputs: Readonly<Record<string, readonly InputLane[]>>;
  /**
   * Tables that the plan looks rows up in, by their names there: rows are as they are when a line is
   * read, so a later run may give other results.
   */
  readonly lookups?: Readonly<Record<string, LookupTable>>;
  /** The folder for results; it is made if it is not there. */
  readonly output: string;
  /**
   * Replays each lane in its order, with the lateness that it would have had live. Default: nothing is
   * late, whatever the order.
   */
  readonly arrival?: boolean;
  /** About how much may be kept in memory before it goes to disk, bytes. Default 256 MB. */
  readonly memoryLimit?: number;
  /**
   * `any` goes on with an unfinished run of the same job, or else begins; `resume` refuses to begin;
   * `fresh` forgets what was there. Default `any`.
   */
  readonly start?: 'any' | 'resume' | 'fresh';
  /**
   * Stands for the code of the pipeline, such as the hash of its file: a run of another version is
   * another run. Without one, a change inside of an aggregate or of a table's functions is not seen, and
   * needs `fresh`.
   */
  readonly version?: string;
  /** How much work a crash may cost, ms. Default 10 seconds. */
  readonly checkpointEvery?: number;
  /** Ends the run at a checkpoint. */
  readonly signal?: AbortSignal;
  /** Hears how far the run is, some times a second. */
  readonly onProgress?: (progress: BatchProgress) => void;
}

/** What a run has done. */
export interface BatchResult {
  readonly summary: BatchSummary;
  /** `finished`: an earlier run had done it all. */
  readonly went: 'begun' | 'resumed' | 'finished';
}

const MEMORY_LIMIT = 256 * 1024 * 1024;
const CHECKPOINT_EVERY_MS = 10_000;
/**
 * The rest is for what is being folded, and for whatever else a process needs: before garbage is
 * collected, a process has taken several times what it uses.
 */
const TABLE_SHARE = 1 / 8;
const CHUNK_SHARE = 1 / 32;
/** Of what a firing holds. */
const HELD_SHARE = 1 / 8;

const limitOf = ({ memoryLimit = MEMORY_LIMIT }: BatchOptions): number => memoryLimit;

/**
 * Runs a pipeline over inputs that end, through the engine that also runs it over streams: what it
 * leaves in `output` are the results that a stream of the same lines leaves when nothing is late.
 * After a crash the same call goes on from its last checkpoint.
 *
 * @throws ConfigurationError, PlanError, PlanChangedError if the call makes no sense as it is
 * @throws BadRecordError if a stream stops at bad records, and one is there
 * @throws InterruptedError if `signal` aborted
 */
export async function runBatch(plan: Plan, options: BatchOptions): Promise<BatchResult> {
  checkPlan('runBatch()', plan);
  const mode = options.arrival ? 'arrival' : 'batch';
  const lanes = numberedLanes(plan, options.inputs);
  const job = jobOf(plan, mode, lanes, options.version);
  const { output, start = 'any' } = options;
  checkFiles(plan);
  checkTimes(plan);
  checkLookups(plan, options.lookups);
  const summary = start === 'fresh' ? undefined : finishedBefore(job, options);
  if (summary) return { summary, went: 'finished' };
  prepareOutput(output);
  if (start === 'fresh') discard(output);
  const workspace = openWorkspace(output, job, limitOf(options) * TABLE_SHARE);
  try {
    const summary = await work(plan, { job, lanes, workspace, options });
    workspace.remove();
    return { summary, went: workspace.resumed ? 'resumed' : 'begun' };
  } catch (error) {
    workspace.close();
    throw error;
  }
}

interface Work {
  readonly job: Job;
  readonly lanes: readonly NumberedLane[];
  readonly workspace: Workspace;
  readonly options: BatchOptions;
}

/** Gathers all lines, fires all slots, and writes what came of it. */
async function work(plan: Plan, { job, lanes, workspace, options }: Work): Promise<BatchSummary> {
  const run = new Run({
    workspace,
    checkpointEveryMs: options.checkpointEvery ?? CHECKPOINT_EVERY_MS,
    signal: options.signal,
    onProgress: options.onProgress,
    bytesTotal: lanes.reduce((sum, { input }) => sum + input.bytes, 0),
  });
  const { store } = workspace;
  const bounded = boundedPlan(plan, job.mode);
  const engine = batchEngine(plan, {
    bounded,
    lanes,
    workspace,
    lookups: options.lookups ?? {},
    observe: run.observe,
    room: run.room,
    heldBytesMax: limitOf(options) * HELD_SHARE,
  });
  const chunkBytes = limitOf(options) * CHUNK_SHARE;
  await gatherAll(bounded, { engine, store, lanes, run, chunkBytes });
  await fireAll(bounded, { engine, run });
  run.writing();
  return publish(plan, { job, workspace, output: options.output });
}

/** The summary of an earlier run of the same job. Refuses to touch what another job has left. */
function finishedBefore(job: Job, { output, start }: BatchOptions): BatchSummary | undefined {
  const unfinished = unfinishedJob(output);
  if (unfinished) {
    checkSameJob(job, unfinished, `the unfinished run in '${output}'`);
    return undefined;
  }
  const summary = readSummary(output);
  if (summary) checkSameJob(job, summary, `the finished run in '${output}'`);
  if (summary || start !== 'resume') return summary;
  throw new ConfigurationError(
    'OUTPUT_INVALID',
    `there is no run in '${output}' to go on with`,
    'Leave out --resume (start: "resume") to begin one.',
  );
}
