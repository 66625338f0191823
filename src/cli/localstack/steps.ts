import { stripVTControlCharacters } from 'node:util';
import { clip } from '../start/terminal-text.ts';
import type { Screen } from '../tidemark/terminal.ts';

/** Tells a person which of several pieces of work is being done, and how far it is. */
export interface Steps {
  /** Does a piece of work, and says how long it took. What `tell` is told last is shown meanwhile. */
  step<T>(title: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T>;
  note(text: string): void;
}

export interface StepsOptions {
  readonly screen: Screen;
  /** ms; only differences count. */
  readonly now: () => number;
}

const REDRAW_EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;

/** On a terminal a line that is drawn again, anywhere else lines that only grow. */
export function stepsOn({ screen, now }: StepsOptions): Steps {
  const live = screen.isTTY === true;
  const clear = live ? '\r\u001b[K' : '';
  return {
    note: (text) => void screen.write(`${text}\n`),
    async step(title, work) {
      const begunAt = now();
      let detail = '';
      const seconds = () => `${((now() - begunAt) / 1_000).toFixed(1)} s`;
      const show = () => {
        const text = `... ${title}: ${seconds()}${detail && `, ${detail}`}`;
        screen.write(live ? `${clear}${clip(text, (screen.columns || 80) - 1)}` : `${text}\n`);
      };
      const timer = setInterval(show, live ? REDRAW_EVERY_MS : LINE_EVERY_MS);
      try {
        const result = await work((told) => {
          detail = plainLine(told);
        });
        screen.write(`${clear}  ${title}: ${seconds()}\n`);
        return result;
      } catch (error) {
        screen.write(`${clear}x ${title}: failed after ${seconds()}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

const DETAIL_LENGTH_MAX = 100;

/** One line of what a tool says, without what steers a terminal. */
const plainLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .trim()
    .slice(0, DETAIL_LENGTH_MAX);
