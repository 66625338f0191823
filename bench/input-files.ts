import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { clicks } from './inputs/clicks.ts';
import type { Generate } from './inputs/generate.ts';
import { nexmark } from './inputs/nexmark.ts';
import type { Job } from './jobs/job.ts';
import type { InputFiles } from './measured.ts';
import { writeInvocations } from './ways/invocations.ts';
import { lineWriter } from './ways/lines.ts';

const GENERATORS: Readonly<Record<Job['input'], Generate>> = { clicks, nexmark };

export interface InputWish {
  readonly kind: Job['input'];
  readonly events: number;
  readonly seed: number;
  /** Records an invocation. */
  readonly batch: number;
}

/** The files of an input in a folder; they are made once, and are the same on every machine. */
export function inputFiles(folder: string, { kind, events, seed, batch }: InputWish): InputFiles {
  mkdirSync(folder, { recursive: true });
  const name = path.join(folder, `${kind}-${events}-${seed}`);
  const input = `${name}.jsonl`;
  const invocations = `${name}-by-${batch}.jsonl`;
  made(input, (file) => generate(GENERATORS[kind], { events, seed }, file));
  made(invocations, (file) => writeInvocations(input, file, batch));
  return { input, invocations };
}

/** Whole or not at all. */
function made(file: string, make: (file: string) => void): void {
  if (existsSync(file)) return;
  make(`${file}.new`);
  renameSync(`${file}.new`, file);
}

function generate(make: Generate, size: Parameters<Generate>[0], file: string): void {
  const out = lineWriter(file);
  make(size, out.line);
  out.close();
}
