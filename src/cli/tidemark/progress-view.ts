import type { BatchProgress } from '../../runtime/batch/index.ts';
import { formatDuration } from '../../time/duration.ts';
import { grouped } from '../start/terminal-text.ts';
import type { Terminal } from './terminal.ts';
import { workingLine } from './working-line.ts';

/** Shows how far a run is: a line that is drawn again on a terminal, lines that only grow anywhere else. */
export interface ProgressView {
  update(progress: BatchProgress): void;
  /** Leaves the terminal to whoever comes next. */
  done(): void;
}

export function progressView(terminal: Terminal): ProgressView {
  const { err, now } = terminal;
  const line = workingLine(terminal);
  const barColumns = err.isTTY === true ? BAR_COLUMNS : 0;
  const begunAt = now();
  return {
    update: (progress) => line.show(() => progressText(progress, now() - begunAt, barColumns)),
    done: line.clear,
  };
}

const BAR_COLUMNS = 20;

/** One line about a run that began so long ago; `barColumns` 0: without a bar. Pure. */
export function progressText(
  progress: BatchProgress,
  elapsedMs: number,
  barColumns: number,
): string {
  const { phase, bytesRead, bytesTotal, bucketsFired, bucketsTotal, records, results } = progress;
  if (phase === 'write') return 'writing results';
  const part = phase === 'read' ? share(bytesRead, bytesTotal) : share(bucketsFired, bucketsTotal);
  const bar = barColumns > 0 ? ` ${barOf(part, barColumns)}` : '';
  const percent = `${Math.floor(part * 100)}%`.padStart(5);
  if (phase === 'fire') return `firing ${bar}${percent}  ${grouped(results)} results`;
  const rate = elapsedMs > 0 ? (records / elapsedMs) * 1_000 : 0;
  return `reading${bar}${percent}  ${grouped(records)} lines  ${grouped(rate)}/s${etaText(part, elapsedMs)}`;
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(1, part / whole) : 0);

function barOf(part: number, columns: number): string {
  const full = Math.round(part * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}

/** Nothing is told from the first hundredth: it would be a guess. */
function etaText(part: number, elapsedMs: number): string {
  if (part < 0.01) return '';
  const leftMs = (elapsedMs / part) * (1 - part);
  return `  ${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)} left`;
}
