import { Command, InvalidArgumentError, Option } from 'commander';
import { JOBS } from './jobs/index.ts';
import { SCHEMA_KINDS, type SchemaKind } from './jobs/schemas.ts';
import { WAYS, type WayName } from './ways/index.ts';

export interface BenchOptions {
  readonly only: readonly string[];
  readonly ways: readonly WayName[];
  readonly events: number;
  readonly rounds: number;
  readonly schema: SchemaKind;
  readonly batch: number;
  readonly seed: number;
  readonly json?: string;
  readonly profile?: string;
  readonly check?: string;
  readonly keep?: string;
}

const JOB_NAMES = JOBS.map(({ name }) => name);
const WAY_NAMES = Object.keys(WAYS) as WayName[];

/** What the command line asks for. Ends the process with a message where it makes no sense. */
export function benchOptions(argv: readonly string[]): BenchOptions {
  return new Command('npm run bench --')
    .description('Measures jobs in CPU seconds against the same jobs written by hand.')
    .addOption(new Option('--only <jobs...>', 'these jobs').choices(JOB_NAMES).default(JOB_NAMES))
    .addOption(
      new Option('--ways <ways...>', 'in these ways').choices(WAY_NAMES).default(WAY_NAMES),
    )
    .option(
      '--events <n>',
      'how many events; DynamoDB gets a fiftieth, 4,000 at most',
      whole,
      200_000,
    )
    .option('--rounds <n>', 'how often each way runs', whole, 5)
    .addOption(
      new Option('--schema <kind>', 'how events are checked')
        .choices(SCHEMA_KINDS)
        .default('fields'),
    )
    .option('--batch <n>', 'records an invocation', whole, 1_000)
    .option('--seed <n>', 'of the inputs', whole, 7)
    .option('--json <file>', 'write what was measured there, too')
    .option('--check <file>', 'fail where a ratio is half as much again as it is there')
    .option('--keep <file>', 'write the ratios there, to check against')
    .addOption(
      new Option('--profile <job>', 'leave a CPU profile of each way of this job').choices(
        JOB_NAMES,
      ),
    )
    .addHelpText('after', HELP)
    .parse(argv, { from: 'user' })
    .opts<BenchOptions>();
}

const HELP = `
Ways: loop      JSON.parse and a Map, by hand: 1.00 by definition
      live      the same, where late events are late
      batch     tidemark run over a file
      lambda    the handler, invoked with events of a Kinesis mapping, over the memory store
      dynamodb  the handler over a DynamoDB API on this machine, whose own time is not counted

Jobs: ${JOBS.map(({ name, what }) => `${name.padEnd(4)} ${what}`).join('\n      ')}`;

/** Reads an option that counts something. */
export function whole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It takes a whole number above 0.');
}
