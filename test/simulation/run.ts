import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { describeFailure, type Simulation } from '../../src/testing/index.ts';
import { PIPELINES } from './pipelines.ts';
import { fromFile, inWords, simulated, type Task } from './tried.ts';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly records: number;
  readonly processes: number;
  readonly only?: string;
  readonly pipeline?: string;
  readonly trace?: boolean;
}

const whole = (text: string): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Give a whole number above 0.');
};

const NAMES = PIPELINES.map(({ name }) => name);

const names = (text: string): string => {
  const unknown = text.split(',').find((name) => !NAMES.includes(name));
  if (unknown === undefined) return text;
  throw new InvalidArgumentError(`There is no ${unknown}: take some of ${NAMES.join(', ')}.`);
};

const command = new Command('simulate')
  .description('Runs pipelines in a world where everything goes wrong that can, from seeds.')
  .option('--seeds <number>', 'how many runs: the pipelines take turns', whole, 1_000)
  .option('--from <seed>', 'the first seed', whole, 1)
  .option('--seed <seed>', 'this seed alone, of each pipeline', whole)
  .option('--records <number>', 'how many records a run has at most', whole, 40)
  .option('--processes <number>', 'how many runs at a time', whole, availableParallelism())
  .option('--only <names>', `of ${NAMES.join(', ')}`, names)
  .option('--pipeline <file>', 'a module of yours that exports plan, and events by stream')
  .option('--trace', 'shows what happens in the run, line by line');

const options = command.parse().opts<Options>();

/** Seeds that one process runs before it takes the next ones. */
const SEEDS_AT_ONCE = 25;

if (options.pipeline !== undefined) {
  await fromFile(options.pipeline).catch((error: Error) =>
    command.error(`error: ${error.message}`),
  );
}
const chosen = options.pipeline ? [options.pipeline] : (options.only?.split(',') ?? NAMES);
const all = Array.from({ length: options.seeds }, (_, n) => options.from + n);
const seedsOf = new Map(
  chosen.map((name, turn) => [
    name,
    options.seed ? [options.seed] : all.filter((_, n) => n % chosen.length === turn),
  ]),
);
const tasks: Task[] = [...seedsOf].flatMap(([name, seeds]) =>
  Array.from({ length: Math.ceil(seeds.length / SEEDS_AT_ONCE) }, (_, n) => ({
    name,
    seeds: seeds.slice(n * SEEDS_AT_ONCE, (n + 1) * SEEDS_AT_ONCE),
    records: options.records,
  })),
);

// Whoever reads a trace may stop at its first lines.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === 'EPIPE' ? 0 : 1),
);

const started = performance.now();
const results = new Map<string, Simulation[]>(chosen.map((name) => [name, []]));
let done = 0;

function finished({ name, seeds: some }: Task, its: Simulation): void {
  const ofName = results.get(name) as Simulation[];
  ofName.push(its);
  done += some.length;
  const runs = ofName.reduce((sum, one) => sum + one.passed + one.failed.length, 0);
  const { length: runsInAll } = seedsOf.get(name) ?? [];
  if (process.stderr.isTTY) process.stderr.write(`\r${name} ${runs} of ${runsInAll} `);
  if (runs === runsInAll) show(name, ofName);
}

function show(name: string, simulations: readonly Simulation[]): void {
  const failed = simulations.flatMap((one) => one.failed).sort((a, b) => a - b);
  const passed = simulations.reduce((sum, one) => sum + one.passed, 0);
  const outputs = simulations.reduce((sum, one) => sum + one.outputs, 0);
  console.log(`${name}: ${passed} of ${passed + failed.length} runs, ${outputs} results`);
  const failures = simulations.flatMap((one) => one.failure ?? []);
  const [least] = failures.sort((a, b) => a.run.records - b.run.records);
  if (least) console.log(`failed: seeds ${failed.join(', ')}\n${describeFailure(least)}`);
}

const inThisProcess = options.trace || options.processes === 1 || tasks.length === 1;
await (inThisProcess ? oneByOne() : inProcesses()).catch((error: unknown) =>
  command.error(`error: ${inWords(error)}`),
);

async function oneByOne(): Promise<void> {
  const trace = options.trace ? { trace: (line: string) => console.log(line) } : {};
  for (const task of tasks) finished(task, await simulated(task, trace));
}

async function inProcesses(): Promise<void> {
  await Promise.all(Array.from({ length: Math.min(options.processes, tasks.length) }, inProcess));
}

/** A process that takes one task after the other. */
async function inProcess(): Promise<void> {
  const worker = fork(new URL('./worker.ts', import.meta.url), { serialization: 'advanced' });
  const died = once(worker, 'exit').then(([code]): never => {
    throw new Error(`a process of the simulation ended with ${code}`);
  });
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    worker.send(task);
    const [its] = (await Promise.race([once(worker, 'message'), died])) as [
      Simulation | { readonly error: string },
    ];
    if ('error' in its) return command.error(`error: ${its.error}`);
    finished(task, its);
  }
  died.catch(() => undefined);
  worker.disconnect();
}

const simulations = [...results.values()].flat();
const sum = (of: (one: Simulation) => number): number =>
  simulations.reduce((total, one) => total + of(one), 0);
const failed = sum((one) => one.failed.length);
const injected = new Map<string, number>();
for (const one of simulations)
  for (const [kind, times] of one.injected) injected.set(kind, (injected.get(kind) ?? 0) + times);
// A seed gives the same run to the byte, and so does what is printed of it.
const rate = options.seed
  ? ''
  : `, ${Math.round(done / ((performance.now() - started) / 1_000))} runs a second`;
console.log(`\n${sum((one) => one.records)} events, ${sum((one) => one.outputs)} results${rate}`);
console.log(
  `${sum((one) => one.capacity.writeUnits)} write units, ${sum((one) => one.capacity.readUnits)} read units`,
);
for (const [kind, times] of [...injected].sort((a, b) => b[1] - a[1])) {
  console.log(`  ${kind.padEnd(14)} ${times}`);
}
console.log(`\n${done - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
