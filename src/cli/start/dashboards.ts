import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type DashboardBody,
  drawDashboard,
  type Readings,
} from '../../console/metrics/dashboard.ts';
import type { MetricStore } from '../../console/metrics/metric-store.ts';
import type { DrawnDashboard } from '../../console/snapshot.ts';
import { UnavailableError } from '../../errors.ts';
import type { Places } from './places.ts';
import type { PlanChoice } from './reference-plans.ts';

/** Whose dashboard is wanted. */
export interface DashboardRequest {
  readonly choice: PlanChoice;
  readonly places: Places;
}

/** How much of the past is drawn, ms. */
const SPAN_MS = 10 * 60_000;

/** The dashboards that CDK would deploy, drawn from what is measured here. */
export class Dashboards {
  readonly #requests: readonly DashboardRequest[];
  readonly #metrics: MetricStore;
  #bodies: Promise<Readonly<Record<string, DashboardBody>>> | undefined;

  constructor(requests: readonly DashboardRequest[], metrics: MetricStore) {
    this.#requests = requests;
    this.#metrics = metrics;
  }

  /** @throws UnavailableError if CDK is not installed */
  async draw(pipeline: string, now: number): Promise<DrawnDashboard> {
    const { binMs } = this.#metrics;
    const last = Math.floor(now / binMs) * binMs;
    const count = SPAN_MS / binMs;
    const times = Array.from({ length: count }, (_, n) => last - (count - n) * binMs);
    return drawDashboard(await this.#bodyOf(pipeline), {
      times,
      periodMs: binMs,
      read: (metric, statistic) => this.#metrics.read(metric, statistic, times),
    });
  }

  /** US dollars a million events since the run began, by the expression of the dashboard. */
  async costPerMillion(pipeline: string): Promise<number | undefined> {
    const whole: Readings = {
      times: [0],
      periodMs: this.#metrics.binMs,
      read: (metric, statistic) => [this.#metrics.whole(metric, statistic)],
    };
    const { widgets } = drawDashboard(await this.#bodyOf(pipeline), whole);
    const cost = widgets.find(({ title }) => title.startsWith('Cost per million'));
    return cost?.lines[0]?.values[0] ?? undefined;
  }

  async #bodyOf(pipeline: string): Promise<DashboardBody> {
    this.#bodies ??= synthesized(this.#requests);
    const body = (await this.#bodies)[pipeline];
    if (body === undefined) throw new UnavailableError(`there is no dashboard of ${pipeline}`);
    return body;
  }
}

async function synthesized(
  requests: readonly DashboardRequest[],
): Promise<Readonly<Record<string, DashboardBody>>> {
  const child = fork(fileURLToPath(new URL('./dashboard-process.ts', import.meta.url)), [], {
    execArgv: process.execArgv,
    // What it complains of, such as the age of Node, nobody here can act on.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.unref();
  child.send(requests);
  const answered = once(child, 'message') as Promise<[Readonly<Record<string, DashboardBody>>]>;
  const exited = once(child, 'exit').then(() => undefined);
  const answer = await Promise.race([answered, exited]);
  if (answer !== undefined) return answer[0];
  throw new UnavailableError('the dashboards were not made', {
    hint: 'Install aws-cdk-lib and constructs, which define them.',
  });
}
