import { BadRecordError } from '../errors.ts';
import type { Result } from '../operators/operator.ts';
import type { DeadLetter } from '../sinks/dead-letter-sink.ts';
import { slotText } from '../time/slot.ts';
import type { At } from './outlets.ts';
import type { StageContext } from './ports.ts';
import { describeError } from './steps.ts';

export type Complaint = Pick<DeadLetter, 'reason' | 'detail'>;

/** What is wrong with whatever made a function of the pipeline throw. */
export const complaintOf = (error: unknown): Complaint =>
  error instanceof BadRecordError
    ? { reason: 'VALUE', detail: error.message }
    : { reason: 'FUNCTION', detail: `a function of the pipeline threw ${describeError(error)}` };

/** A result that whoever reads on cannot take. */
export interface RefusedResult {
  /** A stage, or the tables: each may refuse other results. */
  readonly reader: string;
  /** Its own among the results of the chunk that this reader refuses. */
  readonly index: number;
  readonly key: string;
  readonly result: Result;
  readonly complaint: Complaint;
}

/** A result is to its stage what a record is to a stream. A firing that comes again names it alike. */
export function letterOf(context: StageContext, at: At, refused: RefusedResult): DeadLetter {
  const { reader, index, key, result, complaint } = refused;
  const from = {
    source: at.stage,
    lane: `${laneOf(at)}>${reader}`,
    position: positionOf(at),
    index,
  };
  const data = Buffer.from(textOf(key, result));
  return { ...from, data, arrivalTime: context.clock(), ...complaint };
}

/** What was refused may be so because it is no JSON; then its place is told. */
function textOf(key: string, { value, old, ...place }: Result): string {
  try {
    return JSON.stringify({ key, ...place, value, old }, bigIntText);
  } catch {
    return JSON.stringify({ key, ...place });
  }
}

const bigIntText = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

/** A bucket, as a lane of the next stages. */
export const laneOf = ({ stage, bucket }: At): string => `${stage}@${bucket}`;

/** Where a chunk of a slot stands in it. */
export const positionOf = ({ slot, chunk }: At): string =>
  `${slotText(slot)}#${String(chunk).padStart(6, '0')}`;
