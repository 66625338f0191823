import { type Command, Option } from 'commander';
import type { LettersFlags, ListFlags } from './deadletters-command.ts';
import { loaded } from './loaded.ts';
import { count, start, time } from './option-values.ts';
import type { PositionsFlags } from './positions-command.ts';
import type { RedriveFlags } from './redrive-command.ts';
import type { ReplayFlags } from './replay-command.ts';
import type { Ready } from './run-command.ts';
import type { TailFlags } from './tail-command.ts';
import type { Terminal } from './terminal.ts';
import type { WindowsFlags } from './windows-command.ts';

/** What a command is to do, once it is understood. */
export type OnReady = (ready: Ready) => void;

/** The commands about what is deployed. What they need of AWS is loaded by those that are called. */
export function addDeployedCommands(program: Command, terminal: Terminal, onReady: OnReady): void {
  onVersion(program.command('positions'))
    .description('Tells how far each lane of a pipeline is, and each bucket.')
    .addHelpText('after', helpText('control: GetItem, Query'))
    .action(async (module: string, flags: PositionsFlags) => {
      const { preparePositions } = await loaded(import('./positions-command.ts'));
      onReady(await preparePositions(module, flags, terminal));
    });
  onVersion(program.command('windows'))
    .description('Tells which windows of a pipeline are open, and what holds them open.')
    .option('--limit <windows>', 'how many of a stage are shown', count, 20)
    .addHelpText(
      'after',
      helpText(
        'control: GetItem, Query; state: Query; the streams: Describe-\nStreamSummary, GetShardIterator, GetRecords',
      ),
    )
    .action(async (module: string, flags: WindowsFlags) => {
      const { prepareWindows } = await loaded(import('./windows-command.ts'));
      onReady(await prepareWindows(module, flags, terminal));
    });
  addLetters(program, terminal, onReady);
  addReplay(program, terminal, onReady);
  addTail(program, terminal, onReady);
}

function addLetters(program: Command, terminal: Terminal, onReady: OnReady): void {
  const letters = program
    .command('deadletters')
    .description('Lists, shows and puts again the records that a pipeline has set aside.');
  selecting(onLetters(letters.command('list')))
    .description('Lists letters, the latest first, without what is in them.')
    .option('--limit <letters>', 'how many are shown', count, 100)
    .addHelpText('after', helpText('the table of letters: Scan, GetItem'))
    .action(async (module: string, flags: ListFlags) => {
      const { prepareList } = await loaded(import('./deadletters-command.ts'));
      onReady(await prepareList(module, flags, terminal));
    });
  onLetters(letters.command('show'))
    .description('Shows one letter, and the record in it.')
    .argument('<letter>', 'as list names it; quote it')
    .addHelpText('after', helpText('the table of letters: GetItem'))
    .action(async (module: string, letter: string, flags: LettersFlags) => {
      const { prepareShow } = await loaded(import('./deadletters-command.ts'));
      onReady(await prepareShow(module, letter, flags, terminal));
    });
  selecting(onVersion(letters.command('redrive')))
    .description('Puts letters into their streams again, so that each counts once.')
    .argument('[letters...]', 'as list names them; quote them')
    .option('--all', 'all letters, or all that the options leave')
    .option('--fix <module>', 'module whose default export makes (event, letter) the event to put')
    .option('--dry-run', 'tell what would become of them, and put nothing')
    .addHelpText('after', REDRIVE_HELP)
    .action(async (module: string, ids: string[], flags: RedriveFlags) => {
      const { prepareRedrive } = await loaded(import('./redrive-command.ts'));
      onReady(await prepareRedrive(module, ids, flags, terminal));
    });
}

const selecting = (command: Command): Command =>
  command
    .option('--reason <reason>', 'only those set aside for it, such as SCHEMA')
    .option('--source <name>', 'only those of this stream, or of this stage')
    .option('--since <time>', 'only those that arrived from then on', time);

const REDRIVE_HELP = `
Whatever is put bears the identity of its letter: called again, also after it has
died halfway, nothing counts twice. What the pipeline would still refuse is not put.
All that read the stream read it again, other pipelines as well; windows that are
closed by now do not open for it: replay them.

Asks of AWS:  the table of letters: Scan, GetItem, UpdateItem; the streams:
              PutRecords
Exit codes:   0 done, 1 failed, 2 wrong call, 130 interrupted`;

function addReplay(program: Command, terminal: Terminal, onReady: OnReady): void {
  onPipeline(program.command('replay'))
    .description('Computes a pipeline anew beside the one that runs, and lets readers take it.')
    .requiredOption('--as <version>', 'name of the new version: the end of the names of its tables')
    .option('--from <start>', 'trim-horizon, a time, or positions; where the version begins')
    .option('--to <end>', 'a time, or positions; else the end of the streams as they are')
    .option('--archive <files...>', 'files or quoted patterns (* ? **) of an archive to begin with')
    .option('--swap', 'let readers take the version, once it is not behind')
    .addHelpText('after', REPLAY_HELP)
    .action(async (module: string, flags: ReplayFlags) => {
      const { prepareReplay } = await loaded(import('./replay-command.ts'));
      onReady(await prepareReplay(module, flags, terminal));
    });
}

const REPLAY_HELP = `
Tables of the deployment stay as they are; those of the version are called as
they are, with the version at the end, and are made where they are missing. Called
again it goes on where it was. A time is of arrival: 2026-03-01T12:00:00Z, or 15m
for so long ago. Positions are <shard>:<position>,... as \`positions\` tells them:
the version begins after them, and ends with them. A shard that an archive has is
read there first, and then in the stream from the record after the last archived one.

Asks of AWS:  the tables of the version: everything, and CreateTable; control of
              the deployment: GetItem, Query, UpdateItem; the streams:
              DescribeStreamSummary, ListShards, GetShardIterator, GetRecords
Exit codes:   0 done, 1 failed, 2 wrong call, 130 interrupted`;

function addTail(program: Command, terminal: Terminal, onReady: OnReady): void {
  program
    .command('tail')
    .description('Shows the records of a Kinesis stream as they come.')
    .argument('<stream>', 'name of the stream')
    .addOption(
      new Option('--from <start>', 'latest, trim-horizon, or a time')
        .argParser(start)
        .default('LATEST', 'latest'),
    )
    .option('--limit <records>', 'end after so many', count)
    .option('--no-follow', 'end when all that is there was shown')
    .option('--json', 'print JSON lines, with shard, position and arrival')
    .addHelpText('after', TAIL_HELP)
    .action(async (stream: string, flags: TailFlags) => {
      const { prepareTail } = await loaded(import('./tail-command.ts'));
      onReady(await prepareTail(stream, flags, terminal));
    });
}

const onLetters = (command: Command): Command =>
  onVersion(command).option(
    '--late <name>',
    'the late events of this name instead of dead letters',
  );

/** What every command about a pipeline takes. */
function onPipeline(command: Command): Command {
  return command
    .argument('<pipeline>', 'module that exports the pipeline')
    .option('--export <name>', 'which export the pipeline is', 'default')
    .option('--resources <file>', 'what the functions of the deployment were told')
    .option('--json', 'print JSON');
}

const onVersion = (command: Command): Command =>
  onPipeline(command).option('--of <version>', 'a version of it that a replay has made');

const helpText = (asks: string): string => `
Which tables and streams it is about is what the functions of the deployment
have in TIDEMARK_RESOURCES: set it to the same, or name a file with it.

Asks of AWS:  ${asks.replaceAll('\n', '\n              ')}
Exit codes:   0 done, 1 failed, 2 wrong call, 130 interrupted`;

const TAIL_HELP = `
A time is 2026-03-01T12:00:00Z, or 15m for so long ago. Shards share five reads
a second with all that read them by polling.

Asks of AWS:  the stream: DescribeStreamSummary, ListShards, GetShardIterator,
              GetRecords
Exit codes:   0 done, 1 failed, 2 wrong call, 130 interrupted`;
