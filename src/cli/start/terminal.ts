import { type ClosedWindow, reduce, type StartModel } from './model.ts';
import { closedText, coloured, plain, progressLine, render } from './view.ts';

/** Where the view writes; `process.stdout` is one. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Shows the model as it changes. Call `update` as often as you like, and `done` once at the end. */
export interface View {
  update(model: StartModel): void;
  /** Shows the last state, and leaves the terminal to whoever comes next. */
  done(model: StartModel): void;
}

export interface ViewOptions {
  readonly screen: Screen;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Wall time, ms. */
  readonly now: () => number;
}

const REDRAW_EVERY_MS = 200;
const PROGRESS_EVERY_MS = 2_000;
const SETTLED_AFTER_MS = 1_000;
const CLOSED_LINES_MAX = 5;
/** Of a terminal that does not say how large it is, or says 0. */
const COLUMNS = 80;
const ROWS = 24;

/** A block redrawn in place on a terminal, lines that only grow anywhere else. */
export const terminalView = (options: ViewOptions): View =>
  options.screen.isTTY === true ? liveView(options) : lineView(options);

function liveView({ screen, env, now }: ViewOptions): View {
  const paint = env.NO_COLOR ? plain : coloured;
  let linesShown = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const draw = (model: StartModel) => {
    // One column and one row stay free: a full line would wrap, a full screen would scroll.
    const width = Math.max(20, (screen.columns || COLUMNS) - 1);
    const block = render(reduce(model, { kind: 'tick', at: now() }), width, paint);
    const lines = block.slice(0, Math.max(1, (screen.rows || ROWS) - 1));
    const up = linesShown === 0 ? '' : `\u001b[${linesShown}A`;
    screen.write(`${up}${lines.map((line) => `\r${line}\u001b[K\n`).join('')}\u001b[J`);
    linesShown = lines.length;
    drawnAt = now();
  };
  return {
    update: (model) => {
      if (now() - drawnAt >= REDRAW_EVERY_MS) draw(model);
    },
    done: draw,
  };
}

function lineView({ screen, now }: ViewOptions): View {
  let writtenAt = now();
  let titled = false;
  const reporter = closedReporter();
  const write = (model: StartModel, settledBefore: number) => {
    const lines = [
      ...reporter(model, settledBefore),
      progressLine(reduce(model, { kind: 'tick', at: now() })),
    ];
    if (!titled) lines.unshift(model.title);
    titled = true;
    screen.write(`${lines.join('\n')}\n`);
    writtenAt = now();
  };
  return {
    update: (model) => {
      if (now() - writtenAt >= PROGRESS_EVERY_MS) write(model, now() - SETTLED_AFTER_MS);
    },
    done: (model) => {
      write(model, Number.POSITIVE_INFINITY);
      for (const note of model.notes) screen.write(`${note}\n`);
    },
  };
}

/** Reports each window once, when no more results came for a while: its buckets fire one by one. */
function closedReporter(): (model: StartModel, settledBefore: number) => string[] {
  const told = new Set<number>();
  let reported = 0;
  return (model, settledBefore) => {
    const untold = model.closedWindows.filter((window) => !told.has(window.windowEnd));
    const settled = untold.filter((window) => window.changedAt <= settledBefore);
    for (const window of settled) told.add(window.windowEnd);
    const fresh = model.closedEnds.length - reported - (untold.length - settled.length);
    reported += fresh;
    return closedLines(settled, fresh);
  };
}

function closedLines(newestFirst: readonly ClosedWindow[], fresh: number): string[] {
  const shown = newestFirst.slice(0, CLOSED_LINES_MAX).reverse();
  const hidden = fresh - shown.length;
  const summary = hidden > 0 ? [`closed ${hidden} windows more, then`] : [];
  return [...summary, ...shown.map((window) => `closed ${closedText(window)}`)];
}
