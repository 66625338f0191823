import { takeEmfLine } from '../../console/metrics/emf-lines.ts';
import type { MetricStore } from '../../console/metrics/metric-store.ts';
import { PipelineModel } from '../../console/model/pipeline-model.ts';
import { laneOf, laneRange } from '../../engine/keys.ts';
import { readAll } from '../../engine/read-all.ts';
import type { Store } from '../../store/store.ts';
import type { Plan } from '../../topology/plan.ts';
import type { FunctionMessage, ToldLetter } from './function-settings.ts';
import type { Places } from './places.ts';
import type { InvocationReport } from './running.ts';

/** A pipeline, and all that the console is told of it. */
export class Watched {
  readonly model: PipelineModel;
  readonly places: Places;
  readonly #metrics: MetricStore;
  readonly #now: () => number;

  constructor(
    plan: Plan,
    places: Places,
    { metrics, now }: { readonly metrics: MetricStore; readonly now: () => number },
  ) {
    this.model = new PipelineModel(plan);
    this.places = places;
    this.#metrics = metrics;
    this.#now = now;
  }

  heard(message: FunctionMessage): void {
    const at = this.#now();
    switch (message.kind) {
      case 'observed':
        this.model.observed(message.observation, at);
        break;
      case 'fired':
        this.model.told(message.sink, message.outputs, at);
        break;
      case 'letters':
        this.model.letters(message.letters.map((letter) => shown(letter, at)));
        break;
      case 'metrics':
        takeEmfLine(this.#metrics, message.line);
        break;
      case 'consumed':
        this.#consumed(message.table, message, at);
    }
  }

  /** What Lambda itself would tell CloudWatch. */
  invoked({ work, startedAt, ms, iteratorAgeMs, error }: InvocationReport): void {
    const name = functionNames(this.model.name)[work === 'gather' ? 'gather' : 'fire'];
    const add = (metric: string, value: number): void =>
      this.#metrics.add(awsMetric('Lambda', metric, ['FunctionName', name]), value, startedAt);
    add('Invocations', 1);
    add('Duration', ms);
    add('Errors', error === undefined ? 0 : 1);
    add('Throttles', 0);
    if (iteratorAgeMs !== undefined) add('IteratorAge', iteratorAgeMs);
    if (error === undefined) return;
    const why = error instanceof Error ? error.message : String(error);
    this.model.failed(`an invocation to ${work} failed: ${why}`, this.#now());
  }

  /** Reads where the lanes of all stages stand. */
  async look(store: Store): Promise<void> {
    for (const { plan } of this.model.gathering) {
      const lanes = await readAll(store, 'control', laneRange(plan.name));
      this.model.committed(
        plan.name,
        lanes.map((item) => ({
          lane: laneOf({ pk: plan.name, sk: String(item.sk) }),
          position: String(item.position),
          watermark: Number(item.watermark),
          ended: item.ended === 1,
          records: Number(item.records),
          filtered: Number(item.filtered),
          late: Number(item.late),
          deadLetters: Number(item.deadLetters),
        })),
      );
    }
  }

  #consumed(
    table: string,
    { readUnits, writeUnits }: { readonly readUnits?: number; readonly writeUnits?: number },
    at: number,
  ): void {
    const add = (metric: string, value: number): void =>
      this.#metrics.add(awsMetric('DynamoDB', metric, ['TableName', table]), value, at);
    if (readUnits !== undefined) add('ConsumedReadCapacityUnits', readUnits);
    if (writeUnits !== undefined) add('ConsumedWriteCapacityUnits', writeUnits);
  }
}

/** A metric that a service of AWS would tell by itself. */
export const awsMetric = (
  service: 'Lambda' | 'DynamoDB' | 'Kinesis',
  name: string,
  dimension: readonly [name: string, value: string],
) => ({ namespace: `AWS/${service}`, name, dimensions: [dimension] });

/** As the local dashboard calls the two functions that a deployment has: here they are one process. */
export const functionNames = (pipeline: string) => ({
  gather: `${pipeline}-gather`,
  fire: `${pipeline}-fire`,
});

const shown = ({ place, ...letter }: ToldLetter, at: number) => ({
  ...letter,
  at,
  place: place ?? null,
});
