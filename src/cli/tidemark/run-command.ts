import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type BatchOptions, type BatchResult, runBatch } from '../../runtime/batch/index.ts';
import { grouped } from '../start/terminal-text.ts';
import { explained } from './aws-failure.ts';
import { inputsOf } from './inputs.ts';
import { loadPlan } from './load-plan.ts';
import { progressView } from './progress-view.ts';
import type { Terminal } from './terminal.ts';

/** What `tidemark run` is given. */
export interface RunFlags {
  readonly input: readonly string[];
  readonly output: string;
  readonly export: string;
  readonly arrival?: boolean;
  readonly memoryLimit?: number;
  readonly resume?: boolean;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

/** A command that was understood: what is left is to do it. */
export type Ready = () => Promise<void>;

/** Makes a run ready. Throws what is wrong with the call; the run itself throws what goes wrong in it. */
export async function prepareRun(
  module: string,
  flags: RunFlags,
  terminal: Terminal,
): Promise<Ready> {
  const plan = await loadPlan(module, flags.export);
  const inputs = await inputsOf(plan, flags.input);
  const { output, arrival = false, memoryLimit } = flags;
  const start = flags.fresh ? 'fresh' : flags.resume ? 'resume' : 'any';
  return async () => {
    const view = progressView(terminal);
    const begunAt = terminal.now();
    let records = 0;
    const options: BatchOptions = {
      inputs,
      output,
      arrival,
      start,
      signal: terminal.signal,
      version: createHash('sha256').update(readFileSync(module)).digest('hex'),
      ...(memoryLimit === undefined ? {} : { memoryLimit }),
      onProgress: (progress) => {
        records = progress.records;
        view.update(progress);
      },
    };
    const result = await runBatch(plan, options)
      .catch((error: unknown) => {
        throw explained(error);
      })
      .finally(() => view.done());
    const told = { ...result, output, records, elapsedMs: terminal.now() - begunAt };
    terminal.out.write(flags.json ? resultJson(told) : resultText(told));
  };
}

interface Told extends BatchResult {
  readonly output: string;
  /** Read by this call. */
  readonly records: number;
  readonly elapsedMs: number;
}

function resultJson({ summary, went, records, elapsedMs }: Told): string {
  const { format: _, ...rest } = summary;
  const told = { went, linesRead: records, elapsedMs: Math.round(elapsedMs), ...rest };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}

function resultText(told: Told): string {
  const { summary, output } = told;
  const stages = Object.entries(summary.stages).map(
    ([name, { records, filtered, late, deadLetters }]) =>
      `  ${name}: ${grouped(records)} lines, ${grouped(filtered)} filtered out, ${grouped(late)} late, ${grouped(deadLetters)} dead letters`,
  );
  const { results, lateEvents, deadLetters } = summary;
  const written = [...Object.values(results), ...Object.values(lateEvents), deadLetters];
  const files = written.map(
    ({ file, lines }) => `  ${path.join(output, file)}: ${grouped(lines)} lines`,
  );
  return `${[headline(told), ...stages, ...files].join('\n')}\n`;
}

/** What a run did, in one line. Pure. */
export function headline({ summary, went, records, elapsedMs }: Headline): string {
  const { pipeline } = summary;
  if (went === 'finished') return `${pipeline}: finished before; --fresh runs it again`;
  const seconds = (elapsedMs / 1_000).toFixed(1);
  if (went === 'resumed' && records === 0) {
    return `${pipeline}: resumed after the last line, done in ${seconds} s`;
  }
  const rate = grouped((records / Math.max(1, elapsedMs)) * 1_000);
  const how = went === 'resumed' ? 'resumed, the last ' : '';
  return `${pipeline}: ${how}${grouped(records)} lines read in ${seconds} s (${rate}/s)`;
}

export type Headline = Pick<Told, 'went' | 'records' | 'elapsedMs'> & {
  readonly summary: Pick<BatchResult['summary'], 'pipeline'>;
};
