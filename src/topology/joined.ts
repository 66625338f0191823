/**
 * An event of each of two streams, which have the same key and happened near enough to each other; or a
 * row of each of two tables.
 */
export interface Joined<L, R> {
  readonly left: L;
  readonly right: R;
}

/** Of `outerJoin`: both of a pair, or one that found no partner, with `null` in place of the other. */
export type OuterJoined<L, R> = Joined<L, R> | Joined<L, null> | Joined<null, R>;

/**
 * How far apart the two of a pair may have happened, ms, both bounds included. `before` and `after` are
 * seen from the left event: `{ after: HOURS }` takes right events of its own ms and up to an hour later.
 * One that is not given is 0. A negative one leaves out what lies nearer: `{ before: -1, after: HOURS }`
 * takes right events that happened later, but not those of the same ms.
 */
export type JoinInterval =
  | { readonly within: number; readonly before?: never; readonly after?: never }
  | { readonly within?: never; readonly before: number; readonly after?: number }
  | { readonly within?: never; readonly before?: number; readonly after: number };
