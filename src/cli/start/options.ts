import { statSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ConfigurationError } from '../../errors.ts';
import { parseDuration } from './duration.ts';
import { checkInputFile } from './lines.ts';

/** What `npm start` was asked to do: checked, complete and frozen. */
export interface StartOptions {
  /** A file to play; `undefined`: generated traffic. */
  readonly input: string | undefined;
  readonly outOfOrdernessMs: number;
  readonly windowMs: number;
  readonly speed: Speed;
  readonly filterAction: string;
  /** End when the input is through and every window is closed. */
  readonly exit: boolean;
  /** Where the summary goes. */
  readonly json: string | undefined;
  readonly seed: number;
  /** How many events are generated; `undefined`: endlessly, or as many as the file has. */
  readonly events: number | undefined;
  readonly shards: number;
  readonly batchSize: number;
  readonly endpoints: Endpoints;
  readonly console: ConsoleSettings | undefined;
  /** Runs no pipeline but the clickstream. */
  readonly alone: boolean;
}

/** Where the page is served on 127.0.0.1. */
export interface ConsoleSettings {
  /** 0: any port that is free. */
  readonly port: number;
  /** Nobody asked for this very port: another one will do. */
  readonly isDefault: boolean;
}

/** As fast as possible, or a multiple of the real time of the events. */
export type Speed = 'max' | number;

/** Servers to use instead of the embedded ones, which stand in where there is none. */
export interface Endpoints {
  readonly kinesis: string | undefined;
  readonly dynamodb: string | undefined;
}

/** Either options to run with, or a text to print before ending with this code. */
export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: StartOptions }
  | {
      readonly kind: 'stop';
      readonly exitCode: number;
      readonly text: string;
      readonly stream: 'stdout' | 'stderr';
    };

const GENERATED_SPEED = 60;
const GENERATED_EVENTS = 20_000;
const CONSOLE_PORT = 8642;
const PORT_MAX = 65_535;
const USAGE_EXIT_CODE = 2;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the arguments after the script's name. Looks at files, changes nothing, prints nothing. */
export function parseOptions(argv: readonly string[], env: Environment): ParsedOptions {
  let help = '';
  const command = startCommand().configureOutput({
    writeOut: (text) => {
      help += text;
    },
    writeErr: () => {},
  });
  try {
    command.parse(argv, { from: 'user' });
    return { kind: 'run', options: completed(command.opts<Flags>(), env) };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return { kind: 'stop', exitCode: 0, text: help, stream: 'stdout' };
    }
    return refused(error);
  }
}

function refused(error: unknown): ParsedOptions {
  if (!(error instanceof CommanderError || error instanceof ConfigurationError)) throw error;
  const fact = error.message.replace(/^error: /, '');
  const hint =
    error instanceof ConfigurationError ? error.hint : 'Run with --help for the options.';
  return {
    kind: 'stop',
    exitCode: USAGE_EXIT_CODE,
    text: `error: ${fact}\n${hint}\n`,
    stream: 'stderr',
  };
}

interface Flags {
  input?: string;
  outOfOrderness: number;
  window: number;
  speed?: Speed;
  filterAction: string;
  exit?: boolean;
  json?: string;
  seed: number;
  events?: number;
  shards: number;
  batchSize: number;
  endpointUrl?: string;
  port?: number;
  /** False only by --no-console. */
  console: boolean;
  alone?: boolean;
}

function startCommand(): Command {
  return new Command('npm start --')
    .description('Counts clicks per page in event-time windows, on Kinesis and DynamoDB.')
    .exitOverride()
    .allowExcessArguments(false)
    .addOption(
      new Option(
        '--input <file>',
        'play a .jsonl or .jsonl.gz file, in order of arrival',
      ).conflicts('events'),
    )
    .option(
      '--events <n>',
      'how many events to generate (20000 with --exit, else no end)',
      count(1),
    )
    .option('--seed <n>', 'seed of the generated events', count(0, 2 ** 32 - 1), 1)
    .option('--speed <speed>', 'max, or times real time (60 generated, max for --input)', speed)
    .addOption(
      new Option('--window <duration>', 'size of the windows')
        .argParser(duration(1))
        .default(5 * 60_000, '5m'),
    )
    .addOption(
      new Option('--out-of-orderness <duration>', 'how late is still in order')
        .argParser(duration(0))
        .default(30_000, '30s'),
    )
    .option('--filter-action <action>', 'which action to count', nonEmpty, 'click')
    .option('--exit', 'end when every window is closed, and check the result')
    .option('--json <file>', 'write a summary')
    .option('--shards <n>', 'shards of the stream', count(1, 500), 4)
    .option('--batch-size <n>', 'records a batch', count(1, 10_000), 1_000)
    .option('--port <n>', `where the page is served (${CONSOLE_PORT}; 0: any)`, count(0, PORT_MAX))
    .option('--no-console', 'without the page, as with --exit unless a port is given')
    .option(
      '--alone',
      'run the clickstream only, without the other pipelines of functions/, as with --exit, --input or --events',
    )
    .option('--endpoint-url <url>', 'AWS-compatible servers (AWS_ENDPOINT_URL) to use')
    .addHelpText(
      'after',
      '\nDurations are 500ms, 30s, 5m, 1h or 2d. Without an endpoint, Kinesis and DynamoDB are embedded;' +
        '\nAWS_ENDPOINT_URL_KINESIS and AWS_ENDPOINT_URL_DYNAMODB name one each. On an endpoint of yours' +
        '\neach run makes a stream and tables of its own, clickstream-*, and leaves them there.',
    );
}

function completed(flags: Flags, env: Environment): StartOptions {
  if (flags.input !== undefined) checkInputFile(flags.input);
  if (flags.json !== undefined) checkOutputFile(flags.json, flags.input);
  const generated = flags.input === undefined;
  return Object.freeze({
    input: flags.input,
    outOfOrdernessMs: flags.outOfOrderness,
    windowMs: flags.window,
    speed: flags.speed ?? (generated ? GENERATED_SPEED : 'max'),
    filterAction: flags.filterAction,
    exit: flags.exit === true,
    json: flags.json,
    seed: flags.seed,
    events: flags.events ?? (generated && flags.exit === true ? GENERATED_EVENTS : undefined),
    shards: flags.shards,
    batchSize: flags.batchSize,
    endpoints: endpointsOf(flags, env),
    console: consoleOf(flags),
    alone: flags.alone === true,
  });
}

function consoleOf({ console, port, exit }: Flags): ConsoleSettings | undefined {
  if (!console || (exit === true && port === undefined)) return undefined;
  return Object.freeze({ port: port ?? CONSOLE_PORT, isDefault: port === undefined });
}

/** A flag goes before a variable of one service, and that before the variable of all services. */
function endpointsOf(flags: Flags, env: Environment): Endpoints {
  const endpoint = (variable: string) =>
    checkedUrl('--endpoint-url', flags.endpointUrl) ??
    checkedUrl(variable, env[variable]) ??
    checkedUrl('AWS_ENDPOINT_URL', env.AWS_ENDPOINT_URL);
  return Object.freeze({
    kinesis: endpoint('AWS_ENDPOINT_URL_KINESIS'),
    dynamodb: endpoint('AWS_ENDPOINT_URL_DYNAMODB'),
  });
}

function checkedUrl(origin: string, url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw inputInvalid(`${origin} '${url}' is no URL`, 'Give something like http://127.0.0.1:4566.');
}

/** Found out now rather than after an hour of playing. */
function checkOutputFile(file: string, input: string | undefined): void {
  const folder = path.dirname(path.resolve(file));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw inputInvalid(`there is no folder '${folder}' for --json`, 'Create it, or name another.');
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw inputInvalid(`--json '${file}' is a folder`, 'Name a file.');
  }
  if (input !== undefined && path.resolve(input) === path.resolve(file)) {
    throw inputInvalid(`--json would overwrite the input '${file}'`, 'Name another file.');
  }
}

const inputInvalid = (message: string, hint: string) =>
  new ConfigurationError('INPUT_INVALID', message, hint);

/** Parsers for commander, which puts the name of the option before the message. */
const duration = (minimum: number) => (text: string) => {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined && durationMs >= minimum) return durationMs;
  throw new InvalidArgumentError(
    `It takes a duration${minimum > 0 ? ' above 0' : ''} such as 500ms, 30s, 5m, 1h or 2d.`,
  );
};

const count =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    const range =
      maximum === Number.MAX_SAFE_INTEGER
        ? `of at least ${minimum}`
        : `from ${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`It takes a whole number ${range}.`);
  };

function speed(text: string): Speed {
  if (text === 'max') return 'max';
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new InvalidArgumentError("It takes 'max' or a number above 0.");
}

function nonEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It takes a word.');
}
