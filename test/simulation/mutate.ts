import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { MINUTES } from '../../src/index.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

/**
 * Takes one promise after the other out of a copy of the engine, and shows that the simulator finds
 * it. `--write` keeps the list in docs/reliability.md, and the runs that found them as regressions.
 */
const command = new Command('mutants')
  .description(
    'Takes fences, conditions and orders out of the engine: the simulator must find each.',
  )
  .option('--seeds <number>', 'runs of each pipeline before a mutant has got away', '150')
  .option('--more <number>', 'further runs of each, in which shards change a lot', '300')
  .option('--repeats <number>', 'runs of each for what concerns producers that send again', '100')
  .option('--only <text>', 'mutants whose name has this text')
  .option('--processes <number>', 'how many at a time', String(availableParallelism()))
  .option('--write', 'keeps the list in docs/reliability.md and test/regressions')
  .parse();
const options = command.opts<{
  seeds: string;
  more: string;
  repeats: string;
  only?: string;
  processes: string;
  write?: boolean;
}>();

interface Found {
  readonly pipeline?: string;
  readonly seed?: number;
  readonly runs?: number;
  readonly problem?: string;
  /** Left out: all but what producers do. */
  readonly faults?: readonly string[];
}

const root = path.resolve(import.meta.dirname, '../..');
const TIMEOUT_MS = 15 * MINUTES;
const DOC = path.join(root, 'docs/reliability.md');
const REGRESSIONS = path.join(root, 'test/regressions/mutants.json');
const [BEGIN, END] = ['<!-- mutants -->', '<!-- /mutants -->'];

const todo = MUTANTS.filter(({ name }) => name.includes(options.only ?? ''));
const found = new Map<Mutant, Found>();
const left = [...todo];
await Promise.all(Array.from({ length: Number(options.processes) }, inTurn));
const gotAway = todo.filter((mutant) => found.get(mutant)?.pipeline === undefined);
if (options.write && options.only === undefined) keep();
console.log(`\n${todo.length - gotAway.length} passed, ${gotAway.length} failed`);
process.exitCode = gotAway.length > 0 ? 1 : 0;

async function inTurn(): Promise<void> {
  for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
    const its = await hunted(mutant);
    found.set(mutant, its);
    console.log(
      its.pipeline === undefined
        ? `NOT FOUND in ${its.runs ?? 'no'} runs: ${mutant.name}${its.problem ? ` (${its.problem})` : ''}`
        : `found by ${its.pipeline}, seed ${its.seed}, run ${its.runs}: ${mutant.name}`,
    );
  }
}

/** In a copy, so that nothing can be left behind in the engine. */
async function hunted({ file, from, to, also, ofProducers }: Mutant): Promise<Found> {
  const copy = mkdtempSync(path.join(tmpdir(), 'tidemark-mutant-'));
  try {
    for (const part of [
      'src',
      'test/simulation',
      'test/support',
      'package.json',
      'tsconfig.json',
    ]) {
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    const target = path.join(copy, 'src/engine', file);
    let text = readFileSync(target, 'utf8');
    for (const edit of [{ from, to }, ...(also ? [also] : [])]) {
      const parts = text.split(edit.from);
      if (parts.length !== 2)
        return { problem: `its text stands ${parts.length - 1} times in ${file}` };
      text = parts.join(edit.to);
    }
    writeFileSync(target, text);
    const { seeds, more, repeats } = options;
    return await hunt(copy, ofProducers ? ['0', '0', repeats] : [seeds, more, '0']);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function hunt(copy: string, runs: readonly string[]): Promise<Found> {
  const args = ['--conditions=tidemark-source', '--import', 'tsx', 'test/simulation/hunt.ts'];
  const child = spawn(process.execPath, [...args, ...runs], {
    cwd: copy,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += String(data);
  });
  child.stderr.on('data', (data) => {
    err += String(data);
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (last.startsWith('{')) resolve(JSON.parse(last) as Found);
      // A run that never ends, or takes the process with it, is found out as well as one that is wrong.
      else
        resolve({ pipeline: 'a run that did not end', problem: err.trim().split('\n')[0] ?? '' });
    });
  });
}

function keep(): void {
  const lines = [
    '| taken out | found by | seed | runs until then |',
    '| --- | --- | --- | --- |',
    ...todo.map((mutant) => {
      const its = found.get(mutant);
      return `| ${mutant.name} | ${its?.pipeline ?? 'nobody'} | ${its?.seed ?? ''} | ${its?.runs ?? ''} |`;
    }),
  ];
  const text = readFileSync(DOC, 'utf8');
  const [before, after] = [text.split(BEGIN)[0], text.split(END)[1]];
  writeFileSync(DOC, `${before}${BEGIN}\n${lines.join('\n')}\n${END}${after}`);
  const cases = todo.flatMap((mutant) => {
    const { pipeline, seed, faults } = found.get(mutant) ?? {};
    if (seed === undefined) return [];
    return [{ pipeline, seed, what: mutant.name, ...(faults && { faults }) }];
  });
  writeFileSync(REGRESSIONS, `${JSON.stringify(cases, undefined, 2)}\n`);
  spawnSync('npx', ['biome', 'format', '--write', REGRESSIONS], { cwd: root, stdio: 'inherit' });
}
