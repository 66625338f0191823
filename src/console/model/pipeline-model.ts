import type { Observation } from '../../observability/observer.ts';
import { laneIn, type Plan, type StagePlan, streamsOf } from '../../topology/plan.ts';
import type {
  Account,
  Health,
  LetterSnapshot,
  LogLine,
  PipelineLine,
  PipelineOutline,
  PipelineSnapshot,
  StageSnapshot,
} from '../snapshot.ts';
import { type CommittedLane, Lanes } from './lanes.ts';
import { logLineOf } from './log-lines.ts';
import { edgeId, outlineOf } from './outline.ts';
import { Rate } from './rate.ts';
import { Results, type ToldResult } from './results.ts';
import { Scatter } from './scatter.ts';
import { Slots } from './slots.ts';

/** A record that a stream has acknowledged. */
export interface SentRecord {
  readonly stream: string;
  readonly shardId: string;
  /** `undefined`: there is none in it. */
  readonly eventTime: number | undefined;
  /** In the time of the events. */
  readonly arrivalTime: number;
  /** Somebody pressed a button. */
  readonly byHand: boolean;
}

interface StageModel {
  readonly plan: StagePlan;
  readonly streams: readonly string[];
  readonly lanes: Lanes;
  readonly slots: Slots;
}

const LETTERS_KEPT = 30;
const LOG_KEPT = 60;
/** So long after a failure, ms, a pipeline counts as failing. */
const FAILING_MS = 5_000;
/** So many records on their way are usual. */
const BEHIND_RECORDS = 5_000;

/** What a person who watches a pipeline sees, made of what it tells. All times in ms. */
export class PipelineModel {
  readonly outline: PipelineOutline;
  readonly #plan: Plan;
  readonly #stages: ReadonlyMap<string, StageModel>;
  readonly #sinks: ReadonlyMap<string, Results>;
  readonly #scatter = new Scatter();
  readonly #sent = new Map<string, number>();
  /** By stage, the records that were heard of. */
  readonly #read = new Map<string, number>();
  readonly #rates = new Map<string, Rate>();
  readonly #letters: LetterSnapshot[] = [];
  readonly #reasons: Record<string, number> = {};
  readonly #log: LogLine[] = [];
  readonly #late = { dropped: 0, keptAside: 0, allowed: 0 };
  #clock: number | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #pid: number | undefined;
  /** Set by whoever knows the dashboard. */
  costPerMillion: number | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.outline = outlineOf(plan);
    this.#stages = new Map(plan.stages.map((stage) => [stage.name, stageModel(stage)]));
    this.#sinks = new Map(
      plan.stages.flatMap(({ outputs, operator }) =>
        outputs.flatMap(({ sink, steps }) => {
          // Nobody can look at what is pushed afterwards, and it counts where it is kept.
          if (sink.kind === 'push') return [];
          const isCount = steps.length === 0 && COUNTS.test(operator.name);
          return [[sink.name, new Results(sink.name, isCount)] as const];
        }),
      ),
    );
  }

  get name(): string {
    return this.#plan.name;
  }

  /** Records that the stage farthest behind has not read, by what was heard and what is committed. */
  get unread(): number {
    const unreadOf = ({ plan, streams, lanes }: StageModel): number =>
      this.#sentInto(streams) - Math.max(this.#read.get(plan.name) ?? 0, lanes.totals.records);
    return Math.max(0, ...this.gathering.map(unreadOf));
  }

  /** The stages that read streams: theirs are the lanes. */
  get gathering(): StageModel[] {
    return [...this.#stages.values()].filter(({ streams }) => streams.length > 0);
  }

  sent({ stream, shardId, eventTime, arrivalTime, byHand }: SentRecord, at: number): void {
    const readers = this.gathering.filter(({ streams }) => streams.includes(stream));
    if (readers.length === 0) return;
    const id = `${stream}/${shardId}`;
    this.#sent.set(id, (this.#sent.get(id) ?? 0) + 1);
    for (const { plan } of readers) this.#rate(`stream ${stream}`, `stage ${plan.name}`).add(1, at);
    this.#clock = Math.max(arrivalTime, this.#clock ?? arrivalTime);
    if (eventTime === undefined) return;
    const { watermark } = (readers[0] as StageModel).lanes;
    this.#scatter.sent(arrivalTime, eventTime, { watermark, byHand });
    for (const { slots } of readers) slots.sent(eventTime);
  }

  observed(seen: Observation, at: number): void {
    const stage = this.#stages.get(seen.stage);
    stage?.lanes.observe(seen, at);
    stage?.slots.observe(seen);
    if (seen.kind === 'gathered') {
      this.#read.set(seen.stage, (this.#read.get(seen.stage) ?? 0) + seen.records);
      this.#late.dropped += seen.late - seen.lateKept;
      this.#late.keptAside += seen.lateKept;
      this.#late.allowed += seen.lateAllowed;
    }
    if (seen.kind === 'fired') this.#handOn(seen.stage, seen.outputs, at);
    const line = logLineOf(seen);
    if (line !== undefined) this.log({ at, ...line });
    if (seen.kind === 'undone' || seen.kind === 'failed') this.#failedAt = at;
  }

  told(sink: string, results: readonly ToldResult[], at: number): void {
    this.#sinks.get(sink)?.told(results);
    for (const { plan, slots } of this.#stages.values()) {
      if (!plan.outputs.some((output) => output.sink.name === sink)) continue;
      this.#rate(`stage ${plan.name}`, `table ${sink}`).add(results.length, at);
      slots.told(results);
    }
  }

  letters(letters: readonly LetterSnapshot[]): void {
    for (const letter of letters)
      this.#reasons[letter.reason] = (this.#reasons[letter.reason] ?? 0) + 1;
    this.#letters.unshift(...letters.toReversed());
    this.#letters.length = Math.min(this.#letters.length, LETTERS_KEPT);
  }

  committed(stage: string, lanes: readonly CommittedLane[]): void {
    this.#stages.get(stage)?.lanes.commit(lanes);
  }

  /** Rows as the table of a sink has them. */
  recount(sink: string, rows: readonly ToldResult[]): void {
    this.#sinks.get(sink)?.recount(rows);
  }

  failed(what: string, at: number): void {
    this.#failedAt = at;
    this.log({ at, level: 'error', text: what });
  }

  log(line: LogLine): void {
    // What goes on and on is one line.
    if (this.#log[0]?.text === line.text) this.#log.shift();
    this.#log.unshift(line);
    this.#log.length = Math.min(this.#log.length, LOG_KEPT);
  }

  runsIn(pid: number | undefined, at: number): void {
    if (pid === undefined || pid === this.#pid) return;
    this.log({ at, level: 'info', text: `the function runs in process ${pid}` });
    this.#pid = pid;
  }

  /** Those whose rows are counts of records. */
  get countedSinks(): string[] {
    return [...this.#sinks].flatMap(([name, { counted }]) => (counted === undefined ? [] : [name]));
  }

  line(now: number): PipelineLine {
    const accounts = this.gathering.map((stage) => this.#accountOf(stage));
    const sum = (name: 'waiting' | 'late' | 'deadLetters') =>
      accounts.reduce((all, account) => all + account[name], 0);
    const rates = this.gathering.flatMap(({ plan, streams }) =>
      streams.map((stream) => this.#rate(`stream ${stream}`, `stage ${plan.name}`).perSecond(now)),
    );
    return {
      name: this.name,
      perSecond: Math.max(0, ...rates),
      waiting: sum('waiting'),
      late: sum('late'),
      deadLetters: sum('deadLetters'),
      results: [...this.#sinks.values()].reduce((all, { total }) => all + total, 0),
      health: this.#healthAt(now, sum('waiting')),
    };
  }

  /** `since`: the number of the points that were told last; none were for 0. */
  snapshot(
    now: number,
    since: number,
  ): { readonly next: number; readonly snapshot: PipelineSnapshot } {
    const [first] = this.gathering;
    this.#scatter.stands(this.#clock, first?.lanes.watermark);
    const { number, points, watermarks } = this.#scatter.since(since);
    const windowed = [...this.#stages.values()].find(({ slots }) => slots.areWindows) ?? first;
    const snapshot: PipelineSnapshot = {
      name: this.name,
      pid: this.#pid ?? null,
      stages: this.gathering.map((stage) => this.#stageAt(stage, now)),
      windows: windowed?.slots.snapshot(windowed.lanes.watermark) ?? [],
      windowsOf: windowed?.plan.name ?? '',
      windowsAre: windowed?.slots.areWindows ? 'windows' : 'slices',
      sinks: [...this.#sinks.values()].map((sink) => sink.snapshot()),
      letters: this.#letters,
      reasons: this.#reasons,
      late: { ...this.#late },
      rates: Object.fromEntries([...this.#rates].map(([id, rate]) => [id, rate.perSecond(now)])),
      log: this.#log,
      points,
      watermarks,
      costPerMillion: this.costPerMillion ?? null,
    };
    return { next: number, snapshot };
  }

  #stageAt(stage: StageModel, now: number): StageSnapshot {
    return {
      name: stage.plan.name,
      watermark: stage.lanes.watermark ?? null,
      account: this.#accountOf(stage),
      lanes: stage.lanes.snapshot(now, {
        sentTo: (lane) => this.#sentTo(stage, lane),
        streamOf: (lane) => streamOf(stage, lane),
      }),
    };
  }

  #accountOf({ plan, streams, lanes }: StageModel): Account {
    const { records, filtered, late, deadLetters } = lanes.totals;
    const sinks = plan.outputs.map(({ sink }) => this.#sinks.get(sink.name)?.counted);
    const counted = sinks.find((count) => count !== undefined);
    const taken = records - filtered - late - deadLetters;
    return {
      sent: Math.max(this.#sentInto(streams), records),
      waiting: Math.max(0, this.#sentInto(streams) - records),
      ...{ filtered, late, deadLetters },
      kept: taken - (counted ?? 0),
      counted: counted ?? null,
    };
  }

  #sentInto(streams: readonly string[]): number {
    const its = [...this.#sent].filter(([id]) => streams.includes(id.split('/')[0] ?? ''));
    return its.reduce((all, [, count]) => all + count, 0);
  }

  #sentTo(stage: StageModel, lane: string): number {
    const shard = /shardId-\d+$/.exec(lane)?.[0] ?? '';
    return this.#sent.get(`${streamOf(stage, lane)}/${shard}`) ?? 0;
  }

  #handOn(stage: string, outputs: number, at: number): void {
    for (const { plan } of this.#stages.values()) {
      const reads = plan.inputs.some(({ from }) => from.kind === 'stage' && from.name === stage);
      if (reads) this.#rate(`stage ${stage}`, `stage ${plan.name}`).add(outputs, at);
    }
  }

  #rate(from: string, to: string): Rate {
    const id = edgeId(from, to);
    const known = this.#rates.get(id);
    if (known !== undefined) return known;
    const rate = new Rate();
    this.#rates.set(id, rate);
    return rate;
  }

  #healthAt(now: number, waiting: number): Health {
    if (now - this.#failedAt < FAILING_MS) return 'failing';
    if (this.#pid === undefined) return 'starting';
    return waiting > BEHIND_RECORDS ? 'behind' : 'ok';
  }
}

/** The stream that a lane of the stage reads; its name is in that of the lane where there are several. */
const streamOf = ({ plan, streams }: StageModel, lane: string): string =>
  streams.find((name) => streams.length > 1 && lane.startsWith(laneIn(plan, name, ''))) ??
  streams[0] ??
  '';

/** Operators whose results are how many records there were, so that their sum can be compared. */
const COUNTS = /^tumbling-[^-]+-count$/;

const stageModel = (plan: StagePlan): StageModel => ({
  plan,
  streams: streamsOf(plan),
  lanes: new Lanes(),
  slots: new Slots(plan),
});
