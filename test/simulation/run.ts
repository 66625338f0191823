import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { describeFailure, type EventsOf, simulate } from '../../src/testing/index.ts';
import { PIPELINES, type Tried } from './pipelines.ts';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly records: number;
  readonly only?: string;
  readonly pipeline?: string;
  readonly trace?: boolean;
}

const whole = (text: string): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Give a whole number above 0.');
};

const command = new Command('simulate')
  .description('Runs pipelines in a world where everything goes wrong that can, from seeds.')
  .option('--seeds <number>', 'how many runs of each pipeline', whole, 100)
  .option('--from <seed>', 'the first seed', whole, 1)
  .option('--seed <seed>', 'this seed alone', whole)
  .option('--records <number>', 'how many records a run has at most', whole, 40)
  .option('--only <names>', `of ${PIPELINES.map(({ name }) => name).join(', ')}`)
  .option('--pipeline <file>', 'a module of yours that exports plan, and events by stream')
  .option('--trace', 'shows what happens in the run, line by line');

const options = command.parse().opts<Options>();

/** One of the user's own. */
async function fromFile(file: string): Promise<Tried> {
  const module: unknown = await import(pathToFileURL(file).href);
  const { plan, events } = module as { plan?: never; events?: Record<string, EventsOf> };
  if (plan === undefined || events === undefined) {
    throw new Error(
      `'${file}' does not export plan and events: events = { clicks: ({ now }) => ({ ... }) }`,
    );
  }
  return { name: file, plan: () => plan, events };
}

const wanted = options.only?.split(',');
const tried = options.pipeline
  ? [await fromFile(options.pipeline)]
  : PIPELINES.filter(({ name }) => wanted?.includes(name) ?? true);
const seeds = options.seed
  ? [options.seed]
  : Array.from({ length: options.seeds }, (_, n) => options.from + n);

const started = performance.now();
const injected = new Map<string, number>();
let [passed, failed, records, outputs] = [0, 0, 0, 0];
for (const { plan, ...one } of tried) {
  const { name } = one;
  const its = await simulate(plan, {
    ...one,
    seeds,
    records: options.records,
    ...(options.trace && { trace: (line: string) => console.log(line) }),
    onRun: () => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name} ${passed + failed} runs `);
    },
  });
  passed += its.passed;
  failed += its.failed.length;
  records += its.records;
  outputs += its.outputs;
  for (const [kind, times] of its.injected) injected.set(kind, (injected.get(kind) ?? 0) + times);
  console.log(`${name}: ${its.passed} of ${seeds.length} runs, ${its.outputs} results`);
  if (its.failure)
    console.log(`failed: seeds ${its.failed.join(', ')}\n${describeFailure(its.failure)}`);
}
const seconds = (performance.now() - started) / 1_000;
console.log(
  `\n${records} events, ${outputs} results, ${Math.round((passed + failed) / seconds)} runs a second`,
);
for (const [kind, times] of [...injected].sort((a, b) => b[1] - a[1])) {
  console.log(`  ${kind.padEnd(14)} ${times}`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
