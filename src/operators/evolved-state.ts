import { type Codec, NUMBER_BYTES_MAX, numberCodec, textBytesMax } from '../schema/codec.ts';
import { type Kept, keptBytesMax, keptCodec } from './kept.ts';

/** What a key remembers from slot to slot. States are JSON; `undefined` is none. */
export interface EvolvedState {
  /** The state before the first event of `tail`. */
  readonly base: string | undefined;
  /** Events that a late one can still come before, in order. */
  readonly tail: readonly Applied[];
  /** As it was told last. */
  readonly json: string | undefined;
  /** How many changes were told. */
  readonly told: number;
  /** An instant at which the engine was asked to look again. */
  readonly asked: number | undefined;
}

/** An event, and how often what it did was told anew. */
export interface Applied {
  readonly kept: Kept;
  readonly revision: number;
}

/** Where nothing can be late any more, both states are the same, and written once. */
export const evolvedCodec: Codec<EvolvedState> = {
  write({ base, tail, json, told, asked }, to, slot) {
    to.text(json ?? '');
    to.unsigned(told);
    to.unsigned(tail.length);
    if (tail.length === 0) return;
    to.text(base ?? '');
    keptCodec.write(
      tail.map(({ kept }) => kept),
      to,
      slot,
    );
    for (const { revision } of tail) to.unsigned(revision);
    numberCodec.write(asked ?? slot, to, slot);
  },
  read(from, slot) {
    const json = textOf(from.text());
    const told = from.unsigned();
    if (from.unsigned() === 0) return { base: json, tail: [], json, told, asked: undefined };
    const base = textOf(from.text());
    const kept = keptCodec.read(from, slot);
    const tail = kept.map((one) => ({ kept: one, revision: from.unsigned() }));
    return { base, tail, json, told, asked: numberCodec.read(from, slot) };
  },
};

export const evolvedBytesMax = ({ base = '', tail, json = '' }: EvolvedState): number =>
  tail.reduce((sum, { kept }) => sum + keptBytesMax(kept) + NUMBER_BYTES_MAX, 0) +
  textBytesMax(base) +
  textBytesMax(json) +
  4 * NUMBER_BYTES_MAX;

const textOf = (text: string): string | undefined => (text === '' ? undefined : text);
