import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { InterruptedError, TidemarkError } from '../../errors.ts';
import { checkInputFile } from '../start/lines.ts';
import type { Terminal } from '../tidemark/terminal.ts';
import { dockerServer } from './docker-server.ts';
import { hostServer } from './host-server.ts';
import { type Environment, placeOf } from './place.ts';
import type { Server, ServerOptions } from './server.ts';
import { stepsOn } from './steps.ts';
import { hasDocker } from './tools.ts';
import { up } from './up.ts';

const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

/**
 * Runs `up`, also where no command is named, or `down`. Returns the exit code: 0 done, 1 failed, 2 wrong
 * call, 130 interrupted.
 */
export async function localstack(
  argv: readonly string[],
  terminal: Terminal,
  env: Environment,
): Promise<number> {
  let code = 0;
  const program = new Command().exitOverride().configureOutput({
    writeOut: (text) => terminal.out.write(text),
    writeErr: (text) => terminal.err.write(text),
  });
  upCommand(program).action(async (flags: Flags) => {
    if (flags.input !== undefined) checkInputFile(flags.input);
    const options = optionsFor(flags, terminal, env);
    const ok = await up({ ...NOTHING, ...flags }, await serverFor(flags, options), options);
    if (!ok) code = FAILED;
  });
  downCommand(program).action(async (flags: Flags) => {
    const options = optionsFor(flags, terminal, env);
    await options.steps.step('stopping LocalStack', () => stopAll(flags, options));
  });
  try {
    await program.parseAsync(withCommand(argv), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    return told(error, terminal);
  }
}

const withCommand = (argv: readonly string[]): string[] =>
  argv[0] === 'up' || argv[0] === 'down' ? [...argv] : ['up', ...argv];

interface Flags {
  readonly port: number;
  readonly docker?: boolean;
  readonly host?: boolean;
  readonly input?: string;
  readonly action: string;
  readonly seed: number;
  readonly events: number;
  readonly shards: number;
  readonly sample: boolean;
  readonly split: boolean;
  readonly json?: string;
}

const NOTHING = { input: undefined, json: undefined };

const PORT = 4566;

/** A command as npm calls it. */
function withServer(command: Command, script: string): Command {
  return command
    .configureHelp({ commandUsage: () => `npm run ${script} -- [options]` })
    .option('--port <n>', 'where it answers, on 127.0.0.1', count(1, 65_535), PORT)
    .addOption(new Option('--docker', 'as a container').conflicts('host'))
    .option('--host', 'as a process of this machine, even where there is Docker');
}

function upCommand(program: Command): Command {
  return withServer(program.command('up'), 'localstack')
    .description('Brings it up, deploys infra/ to it, sends a sample, checks the results.')
    .option('--input <file>', 'send events of a .jsonl or .jsonl.gz file, not generated ones')
    .option('--action <action>', 'which action of the file is taken for a click', 'click')
    .option('--events <n>', 'how many records to send at first', count(1, 100_000), 2_000)
    .option('--seed <n>', 'seed of generated events', count(0, 2 ** 32 - 1), 1)
    .option('--shards <n>', 'shards of a stream that is made anew', count(1, 100), 2)
    .option('--no-split', 'do not split a shard and send more')
    .option('--no-sample', 'deploy only')
    .option('--json <file>', 'write down what was found')
    .addHelpText('after', HELP);
}

const HELP = `
Runs again on what is there: what is up stays up, what is deployed is updated, the sample follows what was
sent before. Without Docker it installs LocalStack once, from PyPI, npm and Maven Central, into
TIDEMARK_LOCALSTACK_HOME (default: tidemark/localstack in the folder of caches); that takes Python 3.13,
Java 17 and Maven. npm run localstack:down ends it.

Exit codes: 0 done, and all results equal a recount, 1 failed, 2 wrong call, 130 interrupted`;

const downCommand = (program: Command): Command =>
  withServer(program.command('down'), 'localstack:down').description(
    'Ends it, and leaves nothing but the installation.',
  );

function optionsFor({ port }: Flags, terminal: Terminal, env: Environment): ServerOptions {
  const steps = stepsOn({ screen: terminal.out, now: terminal.now });
  return { place: placeOf(port, env), env, steps, signal: terminal.signal };
}

/** What runs stays what it is; else a container where there is Docker. */
async function serverFor({ docker, host }: Flags, options: ServerOptions): Promise<Server> {
  const process = hostServer(options);
  if (host || (!docker && (await process.isRunning()))) return process;
  return docker || (await hasDocker(options.env)) ? dockerServer(options) : process;
}

async function stopAll({ docker, host }: Flags, options: ServerOptions): Promise<void> {
  if (!host && (docker || (await hasDocker(options.env)))) await dockerServer(options).stop();
  if (!docker) await hostServer(options).stop();
}

const count = (minimum: number, maximum: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new InvalidArgumentError(`It takes a whole number from ${minimum} to ${maximum}.`);
};

function told(error: unknown, { err }: Terminal): number {
  if (!(error instanceof TidemarkError)) throw error;
  err.write(`error: ${error.message}\n${error.hint ? `${error.hint}\n` : ''}`);
  return error instanceof InterruptedError ? INTERRUPTED : FAILED;
}
