import { tidemark } from '../../../src/cli/tidemark/command.ts';

/** What a command has said, and how it has ended. */
export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls `tidemark` in this process. */
export async function called(...args: readonly string[]): Promise<Called> {
  return calledUntil(new AbortController().signal, ...args);
}

/** The same, interrupted as Ctrl-C does. */
export async function calledUntil(
  signal: AbortSignal,
  ...args: readonly string[]
): Promise<Called> {
  const written = { out: '', err: '' };
  const screen = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const out = screen('out');
  const code = await tidemark(args, {
    out,
    err: screen('err'),
    now: () => performance.now(),
    signal,
  });
  return { code, ...written };
}
