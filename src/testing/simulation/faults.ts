import type { Chance } from './chance.ts';

/** How often each thing goes wrong, from 0 to 1. */
export interface Faults {
  /** A request is the last thing that its invocation does: before it, or after it took effect. */
  readonly crash: number;
  /** An invocation takes so long that it is given up, and goes on writing. */
  readonly zombie: number;
  /** A request took effect, and its reply is lost. */
  readonly lostReply: number;
  /** A request fails, and takes effect much later. */
  readonly lateWrite: number;
  /** A request is sent again although it took effect. */
  readonly repeated: number;
  /** A request is refused, and nothing happened. */
  readonly throttle: number;
  /** A request takes long. */
  readonly slow: number;
  /** A sink does not take what it is given. */
  readonly sinkFails: number;
  /** A batch comes again that was dealt with. */
  readonly redelivery: number;
  /** The poller forgets how far it was. */
  readonly pollerRestart: number;
  /** A change of the control table is told twice. */
  readonly controlTwice: number;
  /** A change of the control table is told late. */
  readonly controlLate: number;
  readonly tickMissed: number;
  readonly tickTwice: number;
  /** The function runs in a process of its own that remembers nothing. */
  readonly coldStart: number;
  readonly split: number;
  readonly merge: number;
  /** The stream is deleted and made anew under its name. */
  readonly recreated: number;
  /** A closed shard is no longer listed; what was not read of it is lost. */
  readonly shardExpired: number;
  /** The oldest records of a shard that were not read yet are lost. */
  readonly recordsExpired: number;
  /** A clock goes wrong. */
  readonly clockSkew: number;
  /** Some stages are not there at first: they are deployed while the others are running. */
  readonly newStage: number;
  /** A producer sends a record again, in the envelope that it bore; records bear none in runs without. */
  readonly producerRepeats: number;
}

/** What can go wrong in a run. */
export type FaultKind = keyof Faults;

/** How often each is, where it is at all. */
const USUAL: Faults = {
  crash: 0.03,
  zombie: 0.1,
  lostReply: 0.03,
  lateWrite: 0.02,
  repeated: 0.03,
  throttle: 0.05,
  slow: 0.05,
  sinkFails: 0.05,
  redelivery: 0.15,
  pollerRestart: 0.05,
  controlTwice: 0.2,
  controlLate: 0.3,
  tickMissed: 0.3,
  tickTwice: 0.3,
  coldStart: 0.5,
  split: 0.08,
  merge: 0.08,
  recreated: 0.03,
  shardExpired: 0.05,
  recordsExpired: 0.02,
  clockSkew: 0.5,
  newStage: 0.5,
  producerRepeats: 0.3,
};

/** In how many of the runs some kind rages, and how much more often it happens there. */
const RAGES = 0.3;
const RAGING = 6;
const RAGING_MAX = 0.6;
/** In how many of the runs producers send records again. */
const REPEATING = 0.4;

/** All kinds of faults that the simulator knows. */
export const FAULT_KINDS = Object.keys(USUAL) as readonly FaultKind[];

/** Drawn by themselves: without them a run is what it was before there were any. */
const OF_PRODUCERS: readonly FaultKind[] = ['producerRepeats'];
const OF_WORLD = FAULT_KINDS.filter((kind) => !OF_PRODUCERS.includes(kind));

/** Nothing goes wrong. */
export const NO_FAULTS = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as {
  readonly [Kind in FaultKind]: number;
};

/**
 * The faults of one run: some kinds and not others, rare or frequent, as most bugs need few kinds of
 * faults, and the other kinds would hide them (Groce et al., Swarm Testing, ISSTA 2012). In some runs one
 * kind rages: what needs two of it at once is else hardly ever seen.
 */
export function swarm(chance: Chance, producers: Chance, kinds: readonly FaultKind[]): Faults {
  const among = kinds.filter((kind) => !OF_PRODUCERS.includes(kind));
  const share = chance.pick([0, 0.3, 0.6, 1]);
  const raging = chance.happens(RAGES) ? chance.pick(among) : undefined;
  const drawn = OF_WORLD.map((kind): [FaultKind, number] => {
    if (kind === raging) return [kind, Math.min(RAGING_MAX, RAGING * USUAL[kind])];
    const often = chance.happens(share) ? USUAL[kind] * chance.pick([0.5, 1, 2]) : 0;
    return [kind, among.includes(kind) ? often : 0];
  });
  const repeats = producers.happens(REPEATING) ? USUAL.producerRepeats * producers.next() : 0;
  drawn.push(['producerRepeats', kinds.includes('producerRepeats') ? repeats : 0]);
  return Object.fromEntries(drawn) as Record<FaultKind, number>;
}
