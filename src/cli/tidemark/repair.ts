import { ConfigurationError } from '../../errors.ts';
import { opened } from '../../schema/envelope.ts';
import { eventDecoder } from '../../schema/event-decoder.ts';
import type { StoredDeadLetter } from '../../sinks/read-dead-letters.ts';
import { toEventTime } from '../../time/event-time.ts';
import { type Plan, type SourcePlan, streamsOf } from '../../topology/plan.ts';
import { loadModule } from './load-plan.ts';
import { textOf } from './record-text.ts';

/** Makes of what is in a letter what shall be put: an event; `undefined` leaves the letter where it is. */
export type Fix = (event: unknown, letter: StoredDeadLetter) => unknown;

/** What is to be put, or why nothing is. */
export type Repaired = { readonly text: string } | { readonly refused: string };

const AS_IT_IS: Fix = (event) => event;

/** The default export of a module. @throws ConfigurationError PLAN_MISSING, FIX_INVALID */
export async function loadFix(module: string | undefined): Promise<Fix> {
  if (module === undefined) return AS_IT_IS;
  const hint = 'Name the module whose default export repairs an event.';
  const { default: fix } = await loadModule(module, hint);
  if (typeof fix === 'function') return fix as Fix;
  throw new ConfigurationError(
    'FIX_INVALID',
    `'${module}' has no function as default export`,
    hint,
  );
}

/** Reasons for which all stages of a plan refuse a record; for others it may be one of them. */
const OF_ALL_STAGES: ReadonlySet<string> = new Set(['NOT_JSON', 'SCHEMA', 'TIMESTAMP', 'FUTURE']);

/** Repairs letters of a plan, and sees whether they would be taken now. */
export function repairer(plan: Plan, fix: Fix): (letter: StoredDeadLetter) => Promise<Repaired> {
  const sources = new Map(plan.sources.map((source) => [source.name, source]));
  return async (letter) => {
    const source = sources.get(letter.source);
    if (source === undefined) return { refused: 'it is a result of a stage, and of no stream' };
    if (letter.truncatedFrom !== undefined) return { refused: 'only its beginning was kept' };
    const readers = plan.stages.filter((stage) => streamsOf(stage).includes(source.name));
    if (readers.length > 1 && !OF_ALL_STAGES.has(letter.reason)) {
      return { refused: `${readers.length} stages read its stream, and not all have refused it` };
    }
    return repaired(source, letter, fix);
  };
}

async function repaired(source: SourcePlan, letter: StoredDeadLetter, fix: Fix): Promise<Repaired> {
  const data = opened(letter.data)?.event ?? letter.data;
  let text: string | undefined;
  try {
    text = JSON.stringify(await fix(eventIn(data), letter));
  } catch (error) {
    return { refused: `the fix threw ${error instanceof Error ? error.message : String(error)}` };
  }
  if (text === undefined) return { refused: 'the fix leaves it out' };
  const complaint = complaintAbout(source, text);
  return complaint === undefined ? { text } : { refused: complaint };
}

/** As JSON where it is some, else as text; bytes that are neither are given as they are. */
function eventIn(data: Uint8Array): unknown {
  const text = textOf(data);
  try {
    return text === undefined ? data : JSON.parse(text);
  } catch {
    return text;
  }
}

function complaintAbout(source: SourcePlan, text: string): string | undefined {
  const decoded = eventDecoder(source.schema)(Buffer.from(text));
  if (!decoded.ok) return decoded.detail;
  const { timestamp } = source;
  if (typeof timestamp === 'string') return undefined;
  try {
    const time = toEventTime(timestamp(decoded.event as never));
    if (time === undefined) return 'the event has no usable time';
    const ahead = time - Date.now();
    return ahead > source.maxFutureSkewMs
      ? `the event would happen ${ahead} ms from now`
      : undefined;
  } catch (error) {
    return `its time cannot be told: ${error instanceof Error ? error.message : String(error)}`;
  }
}
