import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import packageJson from 'tidemark/package.json' with { type: 'json' };
import { InterruptedError, TidemarkError, UserFunctionError } from '../../errors.ts';
import { type CostFlags, prepareCost } from './cost-command.ts';
import { addDeployedCommands } from './deployed-commands.ts';
import { type DescribeFlags, FORMATS, prepareDescribe } from './describe-command.ts';
import { prepareInit } from './init-command.ts';
import { addLateness } from './lateness-command.ts';
import { size } from './option-values.ts';
import { prepareRun, type Ready, type RunFlags } from './run-command.ts';
import type { Terminal } from './terminal.ts';

const FAILED = 1;
const USAGE = 2;
/** What a shell reports of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** Runs `tidemark` with these arguments. Returns its exit code: 0 done, 1 failed, 2 wrong call, 130 interrupted. */
export async function tidemark(argv: readonly string[], terminal: Terminal): Promise<number> {
  let ready: Ready | undefined;
  try {
    await commands(terminal, (work) => {
      ready = work;
    }).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return refused(error, terminal);
  }
  try {
    await ready?.();
    return 0;
  } catch (error) {
    tell(error, terminal);
    return error instanceof InterruptedError ? INTERRUPTED : FAILED;
  }
}

/** All commands with their options and helps, which tell what was called to `onReady`. */
export function commands(terminal: Terminal, onReady: (ready: Ready) => void): Command {
  const program = new Command('tidemark')
    .description(
      'Begins projects, runs pipelines over files, tells what they cost, and looks after those that are deployed.',
    )
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out.write(text), writeErr: () => {} });
  runCommand(program).action(async (module: string, flags: RunFlags) =>
    onReady(await prepareRun(module, flags, terminal)),
  );
  describeCommand(program).action(async (module: string, flags: DescribeFlags) =>
    onReady(await prepareDescribe(module, flags, terminal)),
  );
  program
    .command('init')
    .description('Writes a small app: a pipeline, its handler, its test, its deployment.')
    .argument('<folder>', 'folder that is empty, or not there yet')
    .action((folder: string) => onReady(prepareInit(folder, terminal)));
  addLateness(program, terminal, onReady);
  addDeployedCommands(program, terminal, onReady);
  costCommand(program).action(async (module: string, flags: CostFlags) =>
    onReady(await prepareCost(module, flags, terminal)),
  );
  return program;
}

const PIPELINE = 'module that exports the pipeline';

function runCommand(program: Command): Command {
  return program
    .command('run')
    .description('Runs a pipeline over JSON lines, plain or gzip, in files or in S3, to their end.')
    .argument('<pipeline>', PIPELINE)
    .requiredOption(
      '--input <files...>',
      'files, s3://bucket/key, or quoted patterns of either (* ? **); stream=files where the plan has several streams',
    )
    .requiredOption('--output <folder>', 'where results go')
    .option('--export <name>', 'which export the pipeline is', 'default')
    .option('--arrival', 'take each file in its order, with the late events it would have had live')
    .option('--memory-limit <size>', 'what may stay in memory (default: 256MB)', size)
    .addOption(new Option('--resume', 'go on with an unfinished run, or fail').conflicts('fresh'))
    .option('--fresh', 'forget what is there, and begin anew')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', RUN_HELP);
}

const RUN_HELP = `
Each file, or object, is one ordered lane; a line is one event. Without --arrival no event is
late. After a crash or Ctrl-C the same command goes on where it was.

Asks of AWS: for s3://, s3:GetObject of the objects and s3:ListBucket of the bucket; region,
             credentials and AWS_ENDPOINT_URL_S3 as any tool takes them

Results:     <folder>/<sink>.jsonl, by windowStart and key
             <folder>/dead-letters.jsonl, <folder>/summary.json
Exit codes:  0 done, 1 failed, 2 wrong call, 130 interrupted`;

function describeCommand(program: Command): Command {
  return program
    .command('describe')
    .description('Prints what a pipeline is.')
    .argument('<pipeline>', PIPELINE)
    .option('--export <name>', 'which export the pipeline is', 'default')
    .addOption(new Option('--format <format>', 'how').choices([...FORMATS]).default('text'));
}

function costCommand(program: Command): Command {
  return program
    .command('cost')
    .description('Estimates what a pipeline costs a month, beside the least of Managed Flink.')
    .argument('<pipeline>', PIPELINE)
    .requiredOption('--rate <n>', 'events a second, all of which pass', above0)
    .option('--shards <n>', 'of its streams', above0, 4)
    .option('--keys <n>', 'how many different keys events have', above0, 10_000)
    .option('--batch-seconds <n>', 'how long a mapping collects records', above0, 1)
    .option('--memory <mb>', 'of the functions', above0, MEMORY_MB)
    .option('--export <name>', 'which export the pipeline is', 'default');
}

/** Of functions that the construct Pipeline makes, unless they are told another. */
const MEMORY_MB = 1_769;

function above0(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It takes a number above 0.');
}

function refused(error: unknown, { err }: Terminal): number {
  if (!(error instanceof CommanderError)) {
    tell(error, { err });
    return USAGE;
  }
  const isHelp = error.code === 'commander.help';
  const fact = isHelp ? 'no command was given' : error.message.replace(/^error: /, '');
  err.write(`error: ${fact}\n${hintFor(error)}\n`);
  return USAGE;
}

const hintFor = ({ code, message }: CommanderError): string =>
  code === 'commander.missingArgument' && message.includes("'pipeline'")
    ? 'Name the pipeline before the options: tidemark run pipeline.ts --input …'
    : 'Run with --help for the options.';

/** What the machine refuses (a full disk, a folder without leave) is told like our own; anything else is a bug. */
function tell(error: unknown, { err }: Pick<Terminal, 'err'>): void {
  const hint = error instanceof TidemarkError ? error.hint : undefined;
  const isTold = error instanceof TidemarkError || isSystemError(error);
  if (!isTold) throw error;
  // What a function of the author threw is what its author has to see.
  const cause = error instanceof UserFunctionError ? `${String(error.cause)}\n` : '';
  const fact = error instanceof TidemarkError ? error.fact : error.message;
  err.write(`error: ${fact}\n${cause}${hint ? `${hint}\n` : ''}`);
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
