import { clip } from '../start/terminal-text.ts';
import type { Terminal } from './terminal.ts';

/** What a command is at: one line that is drawn again on a terminal, lines that only grow anywhere else. */
export interface WorkingLine {
  show(text: () => string): void;
  /** Leaves the terminal to whoever comes next. */
  clear(): void;
}

const REDRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 2_000;

/** Short work is not told of where it would stay on the screen. */
export function workingLine({ err, now }: Pick<Terminal, 'err' | 'now'>): WorkingLine {
  const live = err.isTTY === true;
  let shownAt = live ? Number.NEGATIVE_INFINITY : now();
  let drawn = false;
  return {
    show(text) {
      if (now() - shownAt < (live ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return;
      shownAt = now();
      // One column stays free: a full line would wrap.
      err.write(live ? `\r${clip(text(), (err.columns || 80) - 1)}\u001b[K` : `${text()}\n`);
      drawn = true;
    },
    clear() {
      if (live && drawn) err.write('\r\u001b[K');
      drawn = false;
    },
  };
}
