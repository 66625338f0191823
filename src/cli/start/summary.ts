import { formatDuration } from '../../time/duration.ts';
import type { Accounting, Comparison } from './compare.ts';
import { queryCommand, type Results } from './query-command.ts';
import type { WindowCount } from './recount.ts';
import { grouped, printable } from './terminal-text.ts';

/** All that is known at the end of a run. */
export interface Summary {
  /** The file, or words for the generated traffic. */
  readonly input: string;
  readonly settings: SummarySettings;
  /** What the pipeline reported. */
  readonly accounting: Accounting;
  readonly lateByReason: Readonly<Record<string, number>>;
  readonly deadLetteredByReason: Readonly<Record<string, number>>;
  /** What is in the result table. */
  readonly windows: readonly WindowCount[];
  readonly writeUnits: WriteUnits;
  /** Some of the actions that the input has. */
  readonly actionsSeen: readonly string[];
  /** Against the plain recount; `undefined`: the run was ended before its end. */
  readonly comparison: Comparison | undefined;
  readonly results: Results;
  /** The servers stay up until Ctrl-C. */
  readonly staysUp: boolean;
}

/** How the run was set up; durations in ms. */
export interface SummarySettings {
  readonly windowMs: number;
  readonly outOfOrdernessMs: number;
  readonly filterAction: string;
  readonly keyField: string;
  readonly speed: 'max' | number;
  readonly seed: number;
  readonly shards: number;
  readonly batchSize: number;
}

/** DynamoDB write units by what was written. */
export interface WriteUnits {
  readonly segments: number;
  readonly control: number;
  readonly results: number;
  readonly deadLetters: number;
}

/** True only if the results were compared, and nothing differed. */
export const isOk = (summary: Summary): boolean => summary.comparison?.total === 0;

/** What is written by --json. */
export function summaryJson(summary: Summary): string {
  const { accounting, comparison } = summary;
  const value = {
    ok: isOk(summary),
    input: summary.input,
    settings: summary.settings,
    records: accounting.records,
    counted: accounting.counted,
    late: accounting.late,
    deadLettered: accounting.dead,
    filtered: accounting.filtered,
    lateByReason: summary.lateByReason,
    deadLetteredByReason: summary.deadLetteredByReason,
    windows: [...summary.windows].sort(byStartThenKey).map(plainWindow),
    writeUnits: { ...summary.writeUnits, perMillionEvents: perMillion(summary) },
    compared: comparison !== undefined,
    differencesTotal: comparison?.total ?? 0,
    differences: comparison?.differences ?? [],
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** What a person reads at the end. */
export function summaryText(summary: Summary): string {
  return [
    verdict(summary),
    '',
    ...accountingLines(summary),
    '',
    ...unitLines(summary),
    '',
    ...resultLines(summary),
    ...(summary.staysUp ? ['', 'Ctrl-C ends.'] : []),
    '',
  ].join('\n');
}

function verdict({ comparison }: Summary): string {
  if (comparison === undefined) return 'Ended early: the results were not compared.';
  if (comparison.total === 0) return 'OK: the results equal a plain recount of the stream.';
  const hidden = comparison.total - comparison.differences.length;
  return [
    `NOT OK: ${grouped(comparison.total)} differences from a plain recount of the stream.`,
    ...comparison.differences.map((difference) => `  ${printable(difference)}`),
    ...(hidden > 0 ? [`  and ${grouped(hidden)} more`] : []),
  ].join('\n');
}

const counts = (count: number, what: string): string =>
  `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;

function accountingLines(summary: Summary): string[] {
  const { accounting, settings } = summary;
  const windows = new Set(summary.windows.map((window) => window.windowStart)).size;
  const rows = `${counts(summary.windows.length, 'row')} of ${counts(windows, 'window')}`;
  const line = (label: string, value: number, more = '') =>
    `${label.padEnd(15)}${grouped(value).padStart(11)}${more === '' ? '' : `   ${more}`}`;
  return [
    line('records in', accounting.records, summary.input),
    line('counted', accounting.counted, `${rows} of ${formatDuration(settings.windowMs)}`),
    line('filtered', accounting.filtered, `not '${settings.filterAction}'`),
    line('late', accounting.late, reasons(summary.lateByReason)),
    line('dead-lettered', accounting.dead, reasons(summary.deadLetteredByReason)),
    ...(summary.comparison === undefined
      ? [line('still open', openRecords(accounting), 'in windows that have not closed')]
      : []),
    ...(accounting.counted + accounting.late === 0 && accounting.filtered > 0
      ? ['', `No record has the action '${settings.filterAction}'${seen(summary.actionsSeen)}.`]
      : []),
  ];
}

const openRecords = ({ records, counted, filtered, late, dead }: Accounting): number =>
  records - counted - filtered - late - dead;

const seen = (actions: readonly string[]): string =>
  actions.length === 0
    ? ''
    : `; there are ${actions.map(printable).join(', ')}: see --filter-action`;

const reasons = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .map(([name, count]) => `${name} ${grouped(count)}`)
    .join(' · ');

const MILLION = 1_000_000;

/** Units a million events, by the kinds that people are told. */
function perMillion({ accounting, writeUnits }: Summary) {
  const scaled = (units: number) =>
    accounting.records === 0 ? 0 : Math.round((units * MILLION) / accounting.records);
  const { segments, control, results, deadLetters } = writeUnits;
  return {
    shuffleAndControl: scaled(segments + control),
    results: scaled(results),
    deadLetters: scaled(deadLetters),
    total: scaled(segments + control + results + deadLetters),
  };
}

function unitLines(summary: Summary): string[] {
  const units = perMillion(summary);
  const line = (label: string, value: number) =>
    `  ${label.padEnd(22)}${grouped(value).padStart(11)}${`${percent(value / MILLION)}`.padStart(9)}`;
  return [
    'DynamoDB write units per million events, next to one write an event:',
    line('shuffle and control', units.shuffleAndControl),
    line('results', units.results),
    line('dead letters', units.deadLetters),
    line('all', units.total),
    line('one write an event', MILLION),
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function resultLines({ results, windows, comparison }: Summary): string[] {
  const [fullest] = [...windows].sort((a, b) => b.value - a.value || byStartThenKey(a, b));
  if (results.gone) {
    return [
      `Results were in the table ${results.table} of the embedded server, which ends with this run.`,
      ...(comparison === undefined ? [] : ['Leave out --exit to keep it up and query it.']),
    ];
  }
  const where = results.endpoint === undefined ? '' : ` at ${results.endpoint}`;
  return [
    `Results are in the table ${results.table}${where}; ask for one page with`,
    '',
    queryCommand(results, fullest?.key ?? '/'),
  ];
}

function byStartThenKey(a: WindowCount, b: WindowCount): number {
  if (a.windowStart !== b.windowStart) return a.windowStart - b.windowStart;
  return a.key === b.key ? 0 : a.key < b.key ? -1 : 1;
}

const plainWindow = ({ key, windowStart, windowEnd, value }: WindowCount) => ({
  key,
  windowStart,
  windowEnd,
  value,
});
