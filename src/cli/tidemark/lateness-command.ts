import type { Command } from 'commander';
import { ConfigurationError } from '../../errors.ts';
import { LANE_LINES } from '../../sources/input-lane.ts';
import { isBlank } from '../../sources/line-batches.ts';
import { checkLineFile, lineBatches } from '../../sources/line-file.ts';
import { DAYS, formatDuration, HOURS, MINUTES, SECONDS } from '../../time/duration.ts';
import { toEventTime } from '../../time/event-time.ts';
import { grouped } from '../start/terminal-text.ts';
import type { OnReady } from './deployed-commands.ts';
import { LatenessCounter, type LatenessCurve, suggested } from './lateness-curve.ts';
import { duration, percent } from './option-values.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';

/** What `tidemark lateness` is given; durations in ms. */
export interface LatenessFlags {
  readonly field: string;
  readonly lane?: string;
  readonly window?: number;
  readonly jump?: number;
  /** Percent. */
  readonly target: number;
  readonly json?: boolean;
}

/** The command that helps to choose `outOfOrderness`. */
export function addLateness(program: Command, terminal: Terminal, onReady: OnReady): void {
  program
    .command('lateness')
    .description('Shows how late the events of a sample are, to choose outOfOrderness by.')
    .argument('<file>', 'JSON lines, plain or gzip, in the order of arrival')
    .requiredOption('--field <name>', 'where the time of an event is; a.b is the field b in a')
    .option('--lane <name>', 'which field says what shard an event was in (default: all in one)')
    .option('--window <duration>', 'judge by tumbling windows of this length', duration)
    .option('--jump <duration>', 'further ahead than this is a wrong clock (default: 1h)', duration)
    .option('--target <percent>', 'how many events may be late', percent, 0.1)
    .option('--json', 'print the curve as JSON')
    .addHelpText('after', HELP)
    .action((file: string, flags: LatenessFlags) =>
      onReady(prepareLateness(file, flags, terminal)),
    );
}

const HELP = `
Without --window an event counts as late when it is behind the watermark: what process, dedupe and
as-of joins leave out. With it, when its window is closed: what windows without lateness leave out.
Times are ms since 1970, or ISO 8601 text with a zone. Durations are 500ms, 30s, 5m, 1h or 2d.`;

/** Makes it ready to measure a file of events. Throws what is wrong with the call. */
function prepareLateness(file: string, flags: LatenessFlags, terminal: Terminal): Ready {
  checkLineFile(file);
  return async () => {
    const measured = await measure(file, flags, terminal.signal);
    const told = { file, flags, ...measured };
    terminal.out.write(flags.json ? curveJson(told) : curveText(told));
  };
}

interface Measured {
  readonly curve: LatenessCurve;
  /** Lines that hold no such time. */
  readonly unreadable: number;
}

type Told = Measured & { readonly file: string; readonly flags: LatenessFlags };

/** Each lane costs memory, and far fewer shards are read at once anywhere. */
const LANES_MAX = 10_000;

async function measure(file: string, flags: LatenessFlags, signal: AbortSignal): Promise<Measured> {
  const counter = new LatenessCounter({ window: flags.window ?? 0, jump: flags.jump ?? HOURS });
  let unreadable = 0;
  for await (const batch of lineBatches(file, LANE_LINES)) {
    if (signal.aborted) break;
    for (let n = 0; n < batch.count; n++) {
      const line = batch.line(n);
      if (isBlank(line)) continue;
      const event = parsed(line);
      const time = toEventTime(valueAt(event, flags.field));
      if (time === undefined) unreadable++;
      else counter.add(time, flags.lane === undefined ? '' : String(valueAt(event, flags.lane)));
    }
    if (counter.lanes > LANES_MAX) throw tooManyLanes(flags.lane ?? '');
  }
  const curve = counter.curve();
  if (curve.events === 0) throw nothing(file, flags.field);
  return { curve, unreadable };
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** `meta.at` is the field `at` of the field `meta`. */
const valueAt = (event: unknown, field: string): unknown =>
  field
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      event,
    );

function curveText({ file, flags, curve, unreadable }: Told): string {
  const { events, ahead, from, to, greatest } = curve;
  const judged = flags.window
    ? `Late: its window of ${formatDuration(flags.window)} is closed.`
    : 'Late: it is behind the watermark.';
  const end = curve.late.findIndex(({ late }) => late === 0);
  const most = Math.max(1, ...curve.late.map(({ late }) => late));
  const rows = curve.late
    .slice(0, end < 0 ? undefined : end + 1)
    .map(({ outOfOrderness, late }) => {
      const bar = '█'.repeat(Math.ceil((late / most) * BAR_COLUMNS));
      return `${durationText(outOfOrderness).padStart(14)}  ${grouped(late).padStart(10)}  ${shareText(late / events)}  ${bar}`;
    });
  return [
    `${file}: ${grouped(events)} events from ${instantOf(from)} to ${instantOf(to)}`,
    ...(unreadable > 0
      ? [`  lines without a time in '${flags.field}': ${grouped(unreadable)}`]
      : []),
    ...(ahead > 0
      ? [`  more than a --jump ahead of all others, and left out: ${grouped(ahead)}`]
      : []),
    judged,
    '',
    'outOfOrderness        late       share',
    ...rows.map((row) => row.trimEnd()),
    '',
    suggestion(curve, flags.target),
    `The one that was furthest behind came ${durationText(greatest)} after a newer one.`,
    '',
  ].join('\n');
}

const BAR_COLUMNS = 30;

const durationText = (ms: number): string => (ms === 0 ? '0' : formatDuration(ms));

const instantOf = (time: number): string => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time}` : date.toISOString();
};

const shareText = (share: number): string => `${(share * 100).toFixed(3)} %`.padStart(10);

function suggestion(curve: LatenessCurve, target: number): string {
  const ms = suggested(curve, target / 100);
  if (ms === undefined) return `At no setting are at most ${target} % late: is the time right?`;
  return `At most ${target} % with outOfOrderness: ${codeOf(ms)}. Every result waits that long.`;
}

/** As one writes it in a plan. */
function codeOf(ms: number): string {
  if (ms === 0) return '0';
  for (const [name, unit] of [
    ['DAYS', DAYS],
    ['HOURS', HOURS],
    ['MINUTES', MINUTES],
  ] as const) {
    if (ms % unit === 0) return `${ms / unit} * ${name}`;
  }
  return `${ms / SECONDS} * SECONDS`;
}

function curveJson({ file, flags, curve, unreadable }: Told): string {
  const { late, greatest, ...rest } = curve;
  const told = {
    file,
    ...rest,
    unreadable,
    windowMs: flags.window ?? null,
    curve: late.map((one) => ({
      outOfOrdernessMs: one.outOfOrderness,
      late: one.late,
      share: one.late / curve.events,
    })),
    greatestMs: greatest,
    suggestedMs: suggested(curve, flags.target / 100) ?? null,
  };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}

const nothing = (file: string, field: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `no line of '${file}' has a time in '${field}'`,
    'Name the field with --field: ms since 1970, or ISO 8601 text with a zone; a.b is the field b in a.',
  );

const tooManyLanes = (field: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `'${field}' has more than ${LANES_MAX} values`,
    'Name a field with --lane that says which shard an event was in.',
  );
