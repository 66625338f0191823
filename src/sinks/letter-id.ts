import type { DeadLetter } from './dead-letter-sink.ts';

/** What makes a letter the same letter. */
type Identity = Pick<DeadLetter, 'source' | 'lane' | 'position' | 'index'>;

/** A letter's identity as one word: `<lane>/<position>#<index>#<source>`, for people and commands. */
export const letterId = (letter: Identity): string => `${letter.lane}/${sortKey(letter)}`;

/** The key of a letter's item. */
export const keyOf = (letter: Identity) => ({
  lane: { S: letter.lane },
  position: { S: sortKey(letter) },
});

/** The inverse of letterId, as a key: no position, index or source has a slash. */
export function letterKey(id: string): ReturnType<typeof keyOf> {
  const slash = id.lastIndexOf('/');
  return { lane: { S: id.slice(0, slash) }, position: { S: id.slice(slash + 1) } };
}

/**
 * Where the table says what became of a letter that was put into its stream again: an item of its own, as
 * a batch that comes again writes the letter anew.
 */
export const markKey = (letter: Identity): ReturnType<typeof keyOf> =>
  keyOf({ ...letter, lane: `${MARKS}${letter.lane}` });

/** Lanes are called by their streams and stages, whose names begin with a letter or a digit. */
const MARKS = '#redrive/';

/** Any other item is a mark. */
export const isLetter = (
  item: Readonly<Record<string, { readonly S?: string | undefined }>>,
): boolean => !item.lane?.S?.startsWith(MARKS);

/** The source is a part of it because two sources may read one lane, and both may fail. */
const sortKey = ({ position, index, source }: Identity): string => `${position}#${index}#${source}`;
