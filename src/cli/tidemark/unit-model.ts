import type { Operator } from '../../operators/operator.ts';
import type { Plan, StagePlan } from '../../topology/plan.ts';

/** What a pipeline is to bear. */
export interface Load {
  /** Events a second, all of which pass every filter. */
  readonly rate: number;
  readonly shards: number;
  /** Keys among which events are spread evenly, which is the dearest way. */
  readonly keys: number;
  /** How long a mapping collects records for an invocation, seconds. */
  readonly batchSeconds: number;
}

/** What happens in a second. */
export interface Flow {
  readonly invocations: number;
  /** Write units for shuffle, state and control. */
  readonly written: number;
  /** Write units for rows of results. */
  readonly results: number;
  readonly read: number;
}

const WRITE_BYTES = 1_024;
const READ_BYTES = 4_096;
/** An item of the control table, about. */
const LANE_BYTES = 350;
/** A key and its partial aggregate in a segment; an event that waits. About, and compressed. */
const ROW_BYTES = 20;
const EVENT_BYTES = 90;
/** A mapping hands over no more records at once. */
const RECORDS_MAX = 10_000;
/** A mapping of the control table's stream takes what comes in a second together, for each of a few shards. */
const CONTROL_SHARDS = 2;

/** An estimate from the shape of the plan alone; `npm run bench:units` counts. */
export function flowOf(plan: Plan, load: Load): Flow {
  const stages = plan.stages.map((stage) => stageFlow(stage, load));
  const sum = (of: (flow: StageFlow) => number): number =>
    stages.reduce((total, flow) => total + of(flow), 0);
  const gathers = load.shards * batchesOf(load);
  return {
    invocations:
      gathers +
      CONTROL_SHARDS *
        Math.min(
          1,
          sum(({ raises }) => raises),
        ),
    written: sum(({ written }) => written),
    results: sum(({ results }) => results),
    read: sum(({ read }) => read),
  };
}

interface StageFlow extends Omit<Flow, 'invocations'> {
  /** How often its watermark closes something. */
  readonly raises: number;
}

function stageFlow(stage: StagePlan, load: Load): StageFlow {
  const batches = load.shards * batchesOf(load);
  const claims = 2 * batches;
  if (stage.buckets === 0) return { written: claims, read: 0, results: load.rate, raises: 0 };
  const { operator, buckets, resolutionMs } = stage;
  const segments = batches * segmentUnits(stage, load.rate / batches, load.keys);
  const raises = Math.min(1_000 / resolutionMs, batchesOf(load));
  const states = operator.firing.kind === 'keyed' ? raises * touched(load, 1 / raises) : 0;
  const fires = buckets * raises;
  // Every shard that closes something reads all lanes; a bucket reads its item, what failed, and its segments.
  const laneReads = load.shards * raises * Math.max(1, (load.shards * LANE_BYTES) / READ_BYTES);
  const segmentReads = Math.max(fires, (segments * WRITE_BYTES) / READ_BYTES);
  return {
    written: claims + segments + 2 * fires + states,
    read: laneReads + 2 * fires + segmentReads + states,
    results: stage.outputs.length === 0 ? 0 : resultsOf(operator, load),
    raises,
  };
}

/** Of each shard in a second. */
const batchesOf = ({ rate, shards, batchSeconds }: Load): number =>
  Math.max(1 / batchSeconds, rate / shards / RECORDS_MAX);

/** What one batch of so many events leaves: a unit for each bucket at least. */
function segmentUnits({ operator, buckets }: StagePlan, events: number, keys: number): number {
  const bytes = keepsEvents(operator) ? events * EVENT_BYTES : distinct(events, keys) * ROW_BYTES;
  const used = distinct(distinct(events, keys), buckets);
  return used * Math.max(1, bytes / used / WRITE_BYTES);
}

const keepsEvents = ({ firing, emits = 'windows' }: Operator): boolean =>
  firing.kind === 'keyed' && emits === 'events';

/** A row for each key that a window has; without windows, as many as there are events, or keys that changed. */
function resultsOf(operator: Operator, load: Load): number {
  const { firing, emits = 'windows' } = operator;
  if (firing.kind === 'slot') {
    const first = firing.nextLook(0);
    const everySeconds = (firing.nextLook(first + 1) - first) / 1_000;
    return touched(load, operator.reachMs / 1_000) / everySeconds;
  }
  return emits === 'changes' ? touched(load, 1) : load.rate;
}

const touched = ({ rate, keys }: Load, seconds: number): number => distinct(rate * seconds, keys);

/** How many of so many places are taken when things fall on them by chance. */
const distinct = (things: number, places: number): number => places * -Math.expm1(-things / places);
