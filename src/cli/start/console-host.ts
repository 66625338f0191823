import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { MetricStore } from '../../console/metrics/metric-store.ts';
import { Rate } from '../../console/model/rate.ts';
import type { ConsoleHost } from '../../console/server.ts';
import type {
  Command,
  CommandAnswer,
  DrawnDashboard,
  PushedOutline,
  Snapshot,
} from '../../console/snapshot.ts';
import { UnavailableError } from '../../errors.ts';
import type { FunctionProcess } from '../../runtime/local/function-process.ts';
import { dynamoStore } from '../../store/dynamodb.ts';
import { act } from './console-commands.ts';
import { type DashboardRequest, Dashboards } from './dashboards.ts';
import type { KeyField } from './input.ts';
import type { Producer, TakenRecord } from './producer.ts';
import { planOf } from './reference-plans.ts';
import type { Tempo } from './tempo.ts';
import { awsMetric, Watched } from './watched.ts';

/** A run, as the console reaches into it. */
export interface ConsoleRun {
  /** All pipelines that run, the one that is shown first before the others. */
  readonly pipelines: readonly DashboardRequest[];
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  readonly tempo: Tempo;
  /** How events name the page, and what is counted of them. */
  readonly keyField: KeyField;
  readonly action: string;
  /** What is pushed, if anything is. */
  readonly pushed?: PushedOutline;
  readonly now: () => number;
}

/** How many ms a point of a graph stands for: what CloudWatch shows by the minute is shown sooner here. */
const BIN_MS = 5_000;
const BINS_KEPT = 240;
const LOOK_EVERY_MS = 1_000;
const COST_EVERY_MS = 5_000;

/** Between a run and its page: hears everything, and does what the buttons say. */
export class RunConsole implements ConsoleHost {
  readonly #run: ConsoleRun;
  readonly #metrics = new MetricStore(BIN_MS, BINS_KEPT);
  readonly #watched: ReadonlyMap<string, Watched>;
  readonly #sandboxes = new Map<string, FunctionProcess>();
  readonly #dashboards: Dashboards;
  readonly #rate = new Rate();
  #producer: Producer | undefined;
  #looking: NodeJS.Timeout | undefined;
  #lookedForCostAt = 0;
  #ended = false;

  constructor(run: ConsoleRun) {
    this.#run = run;
    this.#dashboards = new Dashboards(run.pipelines, this.#metrics);
    this.#watched = new Map(
      run.pipelines.map(({ choice, places }) => {
        const given = { metrics: this.#metrics, now: run.now };
        return [choice.name, new Watched(planOf(choice), places, given)];
      }),
    );
  }

  /** What hears of a pipeline. */
  of(name: string): Watched | undefined {
    return this.#watched.get(name);
  }

  runsIn(name: string, sandbox: FunctionProcess): void {
    this.#sandboxes.set(name, sandbox);
  }

  putBy(producer: Producer): void {
    this.#producer = producer;
  }

  taken(record: TakenRecord): void {
    const at = this.#run.now();
    this.#rate.add(1, at);
    const metric = awsMetric('Kinesis', 'IncomingRecords', ['StreamName', record.streamName]);
    this.#metrics.add(metric, 1, at);
    for (const { model } of this.#watched.values()) model.sent(record, at);
  }

  /** Records that the pipeline that is farthest behind has not read yet. */
  get unread(): number {
    return Math.max(0, ...[...this.#watched.values()].map(({ model }) => model.unread));
  }

  /** All of the input is played. */
  end(): void {
    this.#ended = true;
  }

  get pushed(): PushedOutline | undefined {
    return this.#run.pushed;
  }

  get outlines() {
    return [...this.#watched.values()].map(({ model }) => model.outline);
  }

  snapshot(name: string, since: number): { readonly next: number; readonly snapshot: Snapshot } {
    const { now, tempo } = this.#run;
    const at = now();
    const chosen = this.#watched.get(name) ?? [...this.#watched.values()][0];
    if (chosen === undefined) throw new UnavailableError('there is no pipeline');
    const { next, snapshot } = chosen.model.snapshot(at, since);
    return {
      next,
      snapshot: {
        at,
        traffic: {
          speed: tempo.speed,
          paused: tempo.paused,
          ended: this.#ended,
          clock: this.#producer?.clock ?? null,
          perSecond: this.#rate.perSecond(at),
        },
        pipelines: [...this.#watched.values()].map(({ model }) => model.line(at)),
        pipeline: snapshot,
      },
    };
  }

  dashboard(pipeline: string): Promise<DrawnDashboard> {
    return this.#dashboards.draw(pipeline, this.#run.now());
  }

  async act(command: Command): Promise<CommandAnswer> {
    const producer = this.#producer;
    if (producer === undefined) return { done: false, text: 'The traffic has not begun yet.' };
    const [pipelines, sandboxes] = [this.#watched, this.#sandboxes];
    return act(command, { ...this.#run, producer, pipelines, sandboxes });
  }

  /** Reads what is committed only while somebody looks. */
  watched(pages: number): void {
    if (pages > 0 && this.#looking === undefined) void this.#look();
    if (pages === 0) this.close();
  }

  close(): void {
    clearTimeout(this.#looking);
    this.#looking = undefined;
  }

  async #look(): Promise<void> {
    this.#looking = setTimeout(() => void this.#look(), LOOK_EVERY_MS);
    this.#looking.unref();
    const { dynamodb: client, now } = this.#run;
    try {
      for (const [name, watched] of this.#watched) {
        watched.model.runsIn(this.#sandboxes.get(name)?.pid(), now());
        const { control, state } = watched.places;
        await watched.look(dynamoStore({ client, tables: { control, state } }));
      }
      if (now() - this.#lookedForCostAt > COST_EVERY_MS) await this.#reckon();
    } catch {
      // The servers may be busy, or gone at the end: the next look comes soon.
    }
  }

  async #reckon(): Promise<void> {
    this.#lookedForCostAt = this.#run.now();
    for (const [name, { model }] of this.#watched) {
      model.costPerMillion = await this.#dashboards.costPerMillion(name);
    }
  }
}
