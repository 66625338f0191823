import type { DrawnDashboard, DrawnLine, DrawnWidget } from '../snapshot.ts';
import { evaluate, type Series } from './metric-math.ts';
import type { MetricId, Statistic } from './metric-store.ts';

/** A dashboard as CloudWatch takes it, as far as it is drawn. */
export interface DashboardBody {
  readonly widgets: readonly WidgetBody[];
}

interface WidgetBody {
  readonly type: string;
  readonly width: number;
  readonly properties: {
    readonly title?: string;
    readonly metrics?: readonly MetricBody[];
    readonly yAxis?: { readonly left?: { label?: string }; readonly right?: { label?: string } };
  };
}

/** `[namespace, name, dimension, value, ..., options]`, or an expression's options alone. */
type MetricBody = readonly (string | LineOptions)[];

interface LineOptions {
  readonly id?: string;
  readonly label?: string;
  readonly stat?: Statistic;
  readonly expression?: string;
  readonly visible?: boolean;
  readonly yAxis?: 'left' | 'right';
}

/** Where the numbers come from: one a period. */
export interface Readings {
  read(metric: MetricId, statistic: Statistic): Series;
  readonly periodMs: number;
  /** When each period begins, ms. */
  readonly times: readonly number[];
}

/** Draws a dashboard from what was measured here: one point a period of the readings, not of the definition. */
export function drawDashboard(body: DashboardBody, readings: Readings): DrawnDashboard {
  const graphs = body.widgets.filter(({ type }) => type === 'metric');
  return { times: readings.times, widgets: graphs.map((widget) => drawWidget(widget, readings)) };
}

function drawWidget(
  { properties: { title = '', metrics = [], yAxis } }: WidgetBody,
  { read, periodMs, times }: Readings,
): DrawnWidget {
  const lines = metrics.map(lineOf);
  const byId = new Map(lines.map((line) => [line.options.id, line]));
  const series = (id: string): Series => {
    const line = byId.get(id);
    return line === undefined ? [] : seriesOf(line);
  };
  const scope = { series, periodMs, length: times.length };
  const seriesOf = ({ metric, options }: Line): Series => {
    if (options.expression !== undefined) return evaluate(options.expression, scope);
    return metric === undefined ? [] : read(metric, options.stat ?? 'Average');
  };
  const shown = lines.filter(({ options }) => options.visible !== false);
  return {
    title,
    left: yAxis?.left?.label ?? '',
    right: yAxis?.right?.label ?? '',
    lines: shown.map((line): DrawnLine => {
      return {
        label: line.options.label ?? line.metric?.name ?? '',
        axis: line.options.yAxis ?? 'left',
        values: seriesOf(line).map((value) => value ?? null),
      };
    }),
  };
}

interface Line {
  readonly metric: MetricId | undefined;
  readonly options: LineOptions;
}

function lineOf(body: MetricBody): Line {
  const last = body.at(-1);
  const options = typeof last === 'object' ? last : {};
  const [namespace, name, ...rest] = body.filter((part) => typeof part === 'string');
  if (namespace === undefined || name === undefined) return { metric: undefined, options };
  const dimensions = rest.flatMap((part, n) =>
    n % 2 === 0 ? [[part, rest[n + 1] ?? ''] as const] : [],
  );
  return { metric: { namespace, name, dimensions }, options };
}
