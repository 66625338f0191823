import type { StoredDeadLetter } from '../../sinks/read-dead-letters.ts';
import { queryCommand } from '../start/query-command.ts';
import { grouped, printable } from '../start/terminal-text.ts';
import type { DeployedStack } from './deploy.ts';
import type { Check, Sent } from './deployed-pipeline.ts';
import { CREDENTIALS, type Place, REGION } from './place.ts';

/** What was sent once, and what came out of all that was sent so far. */
export interface Trial extends Check, Sent {
  readonly title: string;
  /** Messages in the queue of what triggers gave up. */
  readonly givenUp: number;
  /** How often LocalStack has run the functions so far. */
  readonly invocations: { readonly gather: number; readonly fire: number };
  /** The dead letter of the broken record that was sent. */
  readonly poison?: StoredDeadLetter | undefined;
  /** Equal to the recount, every record accounted for, and nothing was given up. */
  readonly ok: boolean;
}

/** All that was found out. */
export interface UpReport {
  readonly place: Place;
  readonly how: string;
  readonly stack: DeployedStack;
  /** By name. */
  readonly dashboards: readonly string[];
  readonly trials: readonly Trial[];
}

/** How many records of all that were sent are in none of the counts; below 0, in several. */
export const missingOf = ({
  before,
  sent,
  counted,
  filtered,
  late,
  dead,
}: Omit<Trial, 'ok'>): number => before + sent - (counted + filtered + late + dead);

/** What came out, in a few lines. */
export function trialText(trial: Trial): string {
  const { title, windows, comparison, givenUp } = trial;
  const told = comparison.differences.map((difference) => `  ${printable(difference)}`);
  const verdict =
    comparison.total === 0
      ? 'the results equal a plain recount of the stream'
      : `${grouped(comparison.total)} differences from a plain recount of the stream`;
  const ends = new Set(windows.map(({ windowStart }) => windowStart)).size;
  return [
    `${trial.ok ? 'OK' : 'NOT OK'}: ${title}: ${verdict}`,
    `  ${accountText(trial)}`,
    `  the counted ones are in ${grouped(windows.length)} rows of ${grouped(ends)} windows`,
    `  LocalStack ran the function that gathers ${grouped(trial.invocations.gather)} times, the one that fires ${grouped(trial.invocations.fire)} times`,
    ...told,
    ...(givenUp > 0
      ? [`  ${grouped(givenUp)} messages in the queue of what triggers gave up`]
      : []),
    ...('poison' in trial ? [poisonText(trial.poison)] : []),
  ].join('\n');
}

/** Where every record went that was ever sent. */
function accountText(trial: Trial): string {
  const { before, sent, counted, filtered, late, dead } = trial;
  const missing = missingOf(trial);
  const all = `${grouped(before + sent)} records sent${before > 0 ? `, ${grouped(before)} of them before` : ''}`;
  const went = `${grouped(counted)} counted + ${grouped(filtered)} filtered + ${grouped(late)} late + ${grouped(dead)} dead letters`;
  if (missing === 0) return `${all} = ${went}`;
  const wrong = missing > 0 ? 'accounted for by none of' : 'too many in';
  return `${all}, but ${grouped(Math.abs(missing))} ${wrong} ${went}`;
}

const poisonText = (letter: StoredDeadLetter | undefined): string =>
  letter === undefined
    ? '  the broken record is NOT among the dead letters'
    : `  the broken record is a dead letter: ${letter.reason}, ${printable(letter.detail)}`;

/** What one can do with what is up, and what is different from AWS. */
export function upReport({ place, how, stack, dashboards, trials }: UpReport): string {
  const [fullest] = [...(trials.at(-1)?.windows ?? [])].sort((a, b) => b.value - a.value);
  const results = {
    table: stack.tables.pageClicks,
    gone: false,
    region: REGION,
    endpoint: place.endpoint,
    credentials: CREDENTIALS,
  };
  return [
    `${stack.name} is deployed to LocalStack, which runs ${how} at ${place.endpoint}.`,
    `  stream     ${stack.stream}`,
    `  functions  ${stack.gather}, ${stack.fire}`,
    `  results    ${stack.tables.pageClicks}`,
    `  dashboards ${dashboards.join(', ')}`,
    `  all names  ${stack.outputs}, also of the pipelines that no sample is sent to`,
    '',
    'Ask for one page with',
    '',
    queryCommand(results, fullest?.key ?? '/'),
    '',
    'Different from AWS:',
    '  The schedule is there, but LocalStack never runs it. Quiet shards hold the last windows open until',
    `  you tick: invoke ${stack.fire} with {"tidemark":"tick"}.`,
    ...(stack.pretended.length === 0
      ? []
      : [`  Not made, as LocalStack does not know them: ${stack.pretended.join(', ')}.`]),
    '  Alarms are there, but have no metrics to go by: what functions log is not turned into metrics.',
    '  Once a shard was split, the records of its parent are delivered over and over; all of them are passed over.',
    '',
    'npm run localstack:down ends it and leaves nothing.',
  ].join('\n');
}
