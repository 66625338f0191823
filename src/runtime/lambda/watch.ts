import { emfLines, type MetricsTarget, type WriteLine } from '../../observability/emf.ts';
import { Figures } from '../../observability/figures.ts';
import { jsonLogger, type Logger, logLevel } from '../../observability/logger.ts';
import { logObserver } from '../../observability/logs.ts';
import type { Observer } from '../../observability/observer.ts';
import type { Plan } from '../../topology/plan.ts';

/** Who is told what a handler does; all of them, each in its own way. */
export interface WatchOptions {
  /**
   * By which name metrics and log lines tell the pipeline, as one plan may run in several places.
   * Default: the name of the plan.
   */
  readonly pipelineName?: string;
  /**
   * Where metrics go, once an invocation. Default: one line of CloudWatch's embedded metric format for
   * each stage, on stdout. `false`: nowhere.
   */
  readonly metrics?: MetricsTarget | false;
  /**
   * Where log lines go; `Logger` of AWS Lambda Powertools fits. Default: lines of JSON on stdout, from the
   * level on that the variable AWS_LAMBDA_LOG_LEVEL says, or `info`. `false`: nowhere.
   */
  readonly logger?: Logger | false;
  /** Told everything as it happens. Default: nobody. */
  readonly observe?: Observer;
}

/** One invocation, watched. */
export interface Watch {
  readonly observe: Observer;
  /** Emits the metrics. Never throws. */
  end(): void;
}

/** Begins to watch an invocation; `requestId` is what Lambda calls it. */
export type BeginWatch = (requestId: string | undefined) => Watch;

export function watching(plan: Plan, options: WatchOptions, clock: () => number): BeginWatch {
  const { metrics = emfLines(onStdout), logger = defaultLogger(clock) } = options;
  const { pipelineName: pipeline = plan.name } = options;
  return (requestId) => {
    const figures = new Figures(pipeline);
    const observers: Observer[] = [];
    if (metrics) observers.push(figures.observe);
    if (logger) {
      observers.push(logObserver(logger, { pipeline, ...(requestId && { requestId }) }));
    }
    if (options.observe) observers.push(options.observe);
    return {
      observe: (seen) => {
        for (const observe of observers) undisturbed(() => observe(seen));
      },
      end() {
        if (metrics) undisturbed(() => metrics(figures.take(), clock()));
      },
    };
  };
}

/** Not by `console`, which Lambda makes to write a prefix: a line must be JSON from its beginning. */
const onStdout: WriteLine = (line) => void process.stdout.write(`${line}\n`);

function defaultLogger(clock: () => number): Logger {
  const level = logLevel(process.env.AWS_LAMBDA_LOG_LEVEL);
  return jsonLogger({ write: onStdout, clock, ...(level && { level }) });
}

/** Whoever watches must not change what happens by failing, nor keep others from watching. */
function undisturbed(tell: () => void): void {
  try {
    tell();
  } catch {
    // There is nobody left to tell.
  }
}
