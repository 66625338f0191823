import { ConfigurationError, InterruptedError } from '../../errors.ts';
import { letterId } from '../../sinks/letter-id.ts';
import {
  readDeadLetter,
  readDeadLetters,
  type StoredDeadLetter,
} from '../../sinks/read-dead-letters.ts';
import { type MarkAccess, readMark } from '../../sinks/redrive-marks.ts';
import { kinesisPut } from '../start/kinesis-put.ts';
import { grouped } from '../start/terminal-text.ts';
import { columns } from './columns.ts';
import { isWanted, type Selection, tableOf, unknown } from './deadletters-command.ts';
import { type Deployed, type DeployedFlags, deployedPipeline } from './deployed.ts';
import { batchesOf, isForgotten, type Repair, redriveBatch } from './redrive.ts';
import { loadFix, repairer } from './repair.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { type WorkingLine, workingLine } from './working-line.ts';

/** What `tidemark deadletters redrive` is given. */
export interface RedriveFlags extends DeployedFlags, Selection {
  /** A module whose default export repairs events. */
  readonly fix?: string;
  /** All letters that the selection leaves. */
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Makes ready to put letters into their streams again. Throws what is wrong with the call. */
export async function prepareRedrive(
  module: string,
  ids: readonly string[],
  flags: RedriveFlags,
  terminal: Terminal,
): Promise<Ready> {
  if (ids.length === 0 && flags.all !== true) {
    const hint =
      'Name letters as `deadletters list` does, or take --all, with --reason, --source or --since.';
    throw new ConfigurationError('LETTER_UNKNOWN', 'no letter is named', hint);
  }
  const fix = await loadFix(flags.fix);
  return deployedPipeline(module, flags, async (deployed) => {
    const line = workingLine(terminal);
    const marks = { client: deployed.dynamodb, tableName: tableOf(deployed, {}) };
    const judge = judging(repairer(deployed.plan, fix), marks);
    const judged: Judged[] = [];
    for await (const letter of lettersOf(marks, ids, flags)) {
      judged.push(await judge(letter));
      line.show(() => `${grouped(judged.length)} letters looked at`);
    }
    if (flags.dryRun !== true)
      await redriveAll(deployed, marks, { judged, line, signal: terminal.signal });
    line.clear();
    terminal.out.write(flags.json ? toldJson(judged, flags) : toldText(judged, flags));
  });
}

/** A letter, and what becomes of it. */
type Judged = { readonly letter: StoredDeadLetter } & (
  | { readonly becomes: 'put'; readonly text: string }
  | { readonly becomes: 'done before' }
  | { readonly becomes: 'refused'; readonly why: string }
);

async function* lettersOf(
  { client, tableName }: MarkAccess,
  ids: readonly string[],
  selection: Selection,
): AsyncGenerator<StoredDeadLetter> {
  if (ids.length === 0) {
    for await (const letter of readDeadLetters(client, tableName)) {
      if (isWanted(letter, selection)) yield letter;
    }
  }
  for (const id of new Set(ids)) {
    const letter = id.includes('/') ? await readDeadLetter(client, tableName, id) : undefined;
    if (letter === undefined) throw unknown(id);
    yield letter;
  }
}

const judging =
  (repair: ReturnType<typeof repairer>, marks: MarkAccess) =>
  async (letter: StoredDeadLetter): Promise<Judged> => {
    const mark = await readMark(marks, letter);
    if (mark?.doneAt !== undefined) return { letter, becomes: 'done before' };
    if (mark !== undefined && isForgotten(mark, Date.now())) {
      return { letter, becomes: 'refused', why: FORGOTTEN };
    }
    const repaired = await repair(letter);
    if ('refused' in repaired) return { letter, becomes: 'refused', why: repaired.refused };
    return { letter, becomes: 'put', text: repaired.text };
  };

const FORGOTTEN = 'a try of days ago did not end: it may have been counted, and would count again';

interface Redriving {
  readonly judged: readonly Judged[];
  readonly line: WorkingLine;
  readonly signal: AbortSignal;
}

/** Stream by stream, batch by batch. */
async function redriveAll(
  { resources, kinesis }: Deployed,
  marks: MarkAccess,
  { judged, line, signal }: Redriving,
): Promise<void> {
  const repairs = judged.flatMap((one): Repair[] => (one.becomes === 'put' ? [one] : []));
  let done = 0;
  for (const source of new Set(repairs.map(({ letter }) => letter.source))) {
    const put = kinesisPut(kinesis, streamOf(resources.sources, source));
    for (const batch of batchesOf(repairs.filter(({ letter }) => letter.source === source))) {
      if (signal.aborted) throw new InterruptedError('not all letters were put', { hint: GOES_ON });
      await redriveBatch(batch, { marks, put });
      done += batch.length;
      line.show(() => `${grouped(done)} of ${grouped(repairs.length)} letters put`);
    }
  }
}

const GOES_ON = 'The same command puts the rest.';

function streamOf(sources: Deployed['resources']['sources'], source: string): string {
  const { kind, name } = sources[source] ?? { kind: 'nothing', name: '' };
  if (kind === 'kinesis') return name;
  const fact = `the stream ${source} is of kind "${kind}", into which nothing is put`;
  throw new ConfigurationError(
    'SOURCE_MISSING',
    fact,
    'Send its records by what has sent them first.',
  );
}

function toldJson(judged: readonly Judged[], { dryRun = false }: RedriveFlags): string {
  const letters = judged.map(({ letter, becomes, ...rest }) => ({
    letter: letterId(letter),
    becomes,
    ...('why' in rest && { why: rest.why }),
  }));
  return `${JSON.stringify({ dryRun, ...countsOf(judged), letters }, undefined, 2)}\n`;
}

function toldText(judged: readonly Judged[], { dryRun }: RedriveFlags): string {
  const { put, doneBefore, refused } = countsOf(judged);
  const rows = judged.flatMap((one) =>
    one.becomes === 'refused' ? [[letterId(one.letter), one.why]] : [],
  );
  return `${[
    `${grouped(put)} ${dryRun ? 'would be put' : 'put'} into their streams, ${grouped(doneBefore)} done before, ${grouped(refused)} refused`,
    ...(rows.length > 0 ? columns(['refused', 'because'], rows) : []),
  ].join('\n')}\n`;
}

function countsOf(judged: readonly Judged[]) {
  const of = (what: Judged['becomes']) => judged.filter(({ becomes }) => becomes === what).length;
  return { put: of('put'), doneBefore: of('done before'), refused: of('refused') };
}
