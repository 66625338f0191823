import { ConfigurationError } from '../../errors.ts';
import { eachInParallel } from '../../parallel.ts';
import type { DeadLetterReason } from '../../sinks/dead-letter-sink.ts';
import { letterId } from '../../sinks/letter-id.ts';
import {
  readDeadLetter,
  readDeadLetters,
  type StoredDeadLetter,
} from '../../sinks/read-dead-letters.ts';
import { readMark } from '../../sinks/redrive-marks.ts';
import { grouped, printable } from '../start/terminal-text.ts';
import { columns } from './columns.ts';
import { type Deployed, type DeployedFlags, deployedPipeline } from './deployed.ts';
import { timeJson, timeText } from './moment.ts';
import { dataJson, textOf } from './record-text.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { workingLine } from './working-line.ts';

/** Which letters a command is about. */
export interface LettersFlags extends DeployedFlags {
  /** The place of late events of this name instead of the dead letters. */
  readonly late?: string;
  readonly json?: boolean;
}

/** What is left out decides nothing. */
export interface Selection {
  readonly reason?: DeadLetterReason;
  readonly source?: string;
  /** Arrival time, ms. */
  readonly since?: number;
}

/** What `tidemark deadletters list` is given. */
export interface ListFlags extends LettersFlags, Selection {
  readonly limit: number;
}

/** Makes ready to list letters, the latest first, without what is in them. */
export function prepareList(module: string, flags: ListFlags, terminal: Terminal): Promise<Ready> {
  return deployedPipeline(module, flags, async (deployed) => {
    const line = workingLine(terminal);
    const latest = new Latest(flags.limit);
    for await (const letter of readDeadLetters(deployed.dynamodb, tableOf(deployed, flags))) {
      if (isWanted(letter, flags)) latest.add(letter);
      line.show(() => `${grouped(latest.count)} letters found`);
    }
    const letters = await withMarks(deployed, tableOf(deployed, flags), latest.letters());
    line.clear();
    terminal.out.write(flags.json ? listJson(letters) : listText(letters, latest.count));
  });
}

/** Makes ready to show one letter whole. */
export function prepareShow(
  module: string,
  id: string,
  flags: LettersFlags,
  { out }: Terminal,
): Promise<Ready> {
  return deployedPipeline(module, flags, async (deployed) => {
    const table = tableOf(deployed, flags);
    const letter = id.includes('/')
      ? await readDeadLetter(deployed.dynamodb, table, id)
      : undefined;
    if (letter === undefined) throw unknown(id);
    out.write(
      flags.json ? `${JSON.stringify(wholeJson(letter), undefined, 2)}\n` : wholeText(letter),
    );
  });
}

/** @throws ConfigurationError LETTER_UNKNOWN */
export function unknown(id: string): ConfigurationError {
  const hint = 'Take one from `tidemark deadletters list`, and quote it.';
  return new ConfigurationError('LETTER_UNKNOWN', `there is no letter '${id}'`, hint);
}

/** The table of the letters that are meant. @throws ConfigurationError SINK_MISSING, SINK_UNKNOWN */
export function tableOf({ resources }: Deployed, { late }: Pick<LettersFlags, 'late'>): string {
  const { deadLetters, lateEvents } = resources;
  const names = Object.keys(lateEvents);
  const place =
    late === undefined ? deadLetters : Object.hasOwn(lateEvents, late) && lateEvents[late];
  if (!place) {
    const hint =
      names.length > 0 ? `There is ${names.join(', ')}.` : 'The plan keeps no late events.';
    throw new ConfigurationError(
      'SINK_UNKNOWN',
      `no place for late events is called ${late}`,
      hint,
    );
  }
  if (place.kind === 'table') return place.name;
  throw new ConfigurationError(
    'SINK_MISSING',
    `the letters are in '${place.name}' of kind '${place.kind}', which is no table`,
    'Look at them with the tools of that kind.',
  );
}

/** The latest of any number of letters, without holding more than twice as many. */
class Latest {
  count = 0;
  readonly #limit: number;
  #kept: StoredDeadLetter[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(letter: StoredDeadLetter): void {
    this.count++;
    this.#kept.push(letter);
    if (this.#kept.length > 2 * this.#limit) this.#kept = this.letters();
  }

  letters(): StoredDeadLetter[] {
    const order = (a: StoredDeadLetter, b: StoredDeadLetter): number =>
      b.arrivalTime - a.arrivalTime || (letterId(a) < letterId(b) ? -1 : 1);
    return this.#kept.toSorted(order).slice(0, this.#limit);
  }
}

/** Whether a letter is among those that are meant. */
export const isWanted = (letter: StoredDeadLetter, { reason, source, since }: Selection): boolean =>
  (reason === undefined || letter.reason === reason) &&
  (source === undefined || letter.source === source) &&
  (since === undefined || letter.arrivalTime >= since);

/** A letter, and when it was put into its stream again, ms. */
type Listed = StoredDeadLetter & { readonly putAgainAt: number | undefined };

async function withMarks(
  { dynamodb: client }: Deployed,
  tableName: string,
  letters: readonly StoredDeadLetter[],
): Promise<Listed[]> {
  const listed: Listed[] = [];
  const numbered = letters.map((letter, n) => ({ letter, n }));
  await eachInParallel(numbered, 8, async ({ letter, n }) => {
    const mark = await readMark({ client, tableName }, letter);
    listed[n] = { ...letter, putAgainAt: mark?.doneAt };
  });
  return listed;
}

function listText(letters: readonly Listed[], count: number): string {
  if (letters.length === 0) return 'no letters\n';
  const rows = letters.map((letter) => [
    timeText(letter.arrivalTime),
    letter.reason,
    letterId(letter),
    timeText(letter.putAgainAt),
    letter.detail,
  ]);
  const more = count - letters.length;
  const rest = more > 0 ? [`and ${grouped(more)} earlier ones; --limit shows more`] : [];
  const headings = ['arrived', 'reason', 'letter', 'put again', 'detail'];
  return `${[...columns(headings, rows), ...rest].join('\n')}\n`;
}

const listJson = (letters: readonly Listed[]): string =>
  letters
    .map(({ putAgainAt, ...letter }) =>
      JSON.stringify({ ...headJson(letter), putAgainAt: timeJson(putAgainAt) }),
    )
    .map((text) => `${text}\n`)
    .join('');

/** All but what is in it. */
const headJson = ({ data, ...head }: StoredDeadLetter) => ({
  letter: letterId(head),
  ...head,
  bytes: head.truncatedFrom ?? data.length,
});

/** `data` where it is text, else `base64`. */
function wholeJson(letter: StoredDeadLetter) {
  return { ...headJson(letter), ...dataJson(letter.data) };
}

function wholeText(letter: StoredDeadLetter): string {
  const { source, lane, position, index, reason, detail, arrivalTime, truncatedFrom } = letter;
  const rows = Object.entries({
    letter: letterId(letter),
    source,
    lane,
    position: index === 0 ? position : `${position}, its event ${index}`,
    arrived: timeText(arrivalTime),
    reason,
    detail,
    ...(truncatedFrom && {
      truncated: `the first ${letter.data.length} of ${truncatedFrom} bytes`,
    }),
  }).map(([name, value]) => [name, value]);
  const data = textOf(letter.data);
  const shown =
    data === undefined ? `base64 ${Buffer.from(letter.data).toString('base64')}` : printable(data);
  return `${columns(['', ''], rows).slice(1).join('\n')}\n\n${shown}\n`;
}
