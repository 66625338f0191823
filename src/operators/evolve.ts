import { slotCovering } from '../time/slot.ts';
import { type Applying, stateReader } from './evolution.ts';
import { type Applied, type EvolvedState, evolvedBytesMax, evolvedCodec } from './evolved-state.ts';
import { eventOf, inOrder, type Kept, keptCodec, keptEvents, rememberedEvents } from './kept.ts';
import {
  DEFAULT_RESOLUTION_MS,
  type Fired,
  instant,
  type Operator,
  type Result,
} from './operator.ts';

/** Event sourcing of an author. */
export interface EvolveDefinition {
  readonly apply: Applying;
  /** What that was made of. */
  readonly authored: readonly unknown[];
  /** How long after its time an event is still put in its place, ms. */
  readonly allowedLatenessMs: number;
}

/** What its audit is read by. */
export const AUDIT = 'audit';

/**
 * A state for each key, made of its events in event time, as rows that tell their changes; what each
 * event did is told besides. Events that can still have a late one before them are kept with the
 * state before the first of them: a late event is put in its place and all after it are applied anew.
 */
export function evolving(definition: EvolveDefinition): Operator<unknown, Kept[], EvolvedState> {
  const { allowedLatenessMs } = definition;
  return {
    name: allowedLatenessMs > 0 ? `evolve-late-${allowedLatenessMs}` : 'evolve',
    resolutionMs: DEFAULT_RESOLUTION_MS,
    segmentSpanMs: 0,
    reachMs: allowedLatenessMs,
    lookBackMs: 0,
    emits: 'changes',
    authored: definition.authored,
    firstLook: (eventTime) => eventTime,
    lastLook: (eventTime) => eventTime + allowedLatenessMs,
    ...(allowedLatenessMs > 0 ? rememberedEvents : keptEvents),
    codec: keptCodec,
    firing: {
      kind: 'keyed',
      stateCodec: evolvedCodec,
      stateBytesMax: evolvedBytesMax,
      fire(state = NOTHING, events, slot, resolutionMs, { key }) {
        const firing = new Evolving(definition, state, { key, slot, resolutionMs });
        const [late, inTime] = parted(events, slot - resolutionMs);
        if (late.length > 0) firing.correct(late);
        for (const event of inTime) firing.take(event);
        return firing.fired();
      },
    },
  };
}

const NOTHING: EvolvedState = {
  base: undefined,
  tail: [],
  json: undefined,
  told: 0,
  asked: undefined,
};

/** Those from before the slot, and the others; in order. */
function parted(events: readonly Kept[], from: number): [late: Kept[], inTime: Kept[]] {
  const sorted = [...events].sort(inOrder);
  return [sorted.filter(({ time }) => time < from), sorted.filter(({ time }) => time >= from)];
}

interface Place {
  readonly key: string;
  readonly slot: number;
  readonly resolutionMs: number;
}

/** One key on its way through one slot. States are JSON; `undefined` is none. */
class Evolving {
  readonly #definition: EvolveDefinition;
  readonly #place: Place;
  readonly #results: Result[] = [];
  readonly #stateOf = stateReader();
  readonly #asked: number | undefined;
  #base: string | undefined;
  #tail: Applied[];
  #json: string | undefined;
  #told: number;

  constructor(definition: EvolveDefinition, state: EvolvedState, place: Place) {
    this.#definition = definition;
    this.#place = place;
    this.#base = state.base;
    this.#tail = [...state.tail];
    this.#json = state.json;
    this.#told = state.told;
    this.#asked = state.asked;
  }

  /** An event of the slot: it is after all that are known. */
  take(kept: Kept): void {
    const before = this.#json;
    const after = this.#apply(before, kept);
    const applied = { kept, revision: 0 };
    this.#tail.push(applied);
    this.#audit(kept.time, applied, before, after);
    this.#change(kept.time, after);
  }

  /** Late events take their places. What comes of it is told once, at the beginning of the slot. */
  correct(late: readonly Kept[]): void {
    const { slot, resolutionMs } = this.#place;
    const time = slot - resolutionMs;
    const known = new Map(this.#states(this.#tail).map((step) => [step.applied.kept, step]));
    const fresh = late.map((kept): Applied => ({ kept, revision: 0 }));
    const all = [...this.#tail, ...fresh].sort((a, b) => inOrder(a.kept, b.kept));
    let json = this.#base;
    this.#tail = this.#states(all).map(({ applied, before, after }) => {
      json = after;
      const was = known.get(applied.kept);
      if (was !== undefined && was.before === before && was.after === after) return applied;
      const again = was === undefined ? applied : { ...applied, revision: applied.revision + 1 };
      this.#audit(time, again, before, after);
      return again;
    });
    if (json !== this.#json) this.#change(time, json);
  }

  fired(): Fired<EvolvedState> {
    this.#settle();
    const [base, tail, json] = [this.#base, this.#tail, this.#json];
    const { allowedLatenessMs } = this.#definition;
    if (json === undefined && tail.length === 0) {
      return { results: this.#results, state: undefined, timers: [] };
    }
    const last = tail.at(-1);
    const isAsked = this.#asked !== undefined && this.#isOpen(this.#asked);
    const asked = isAsked || last === undefined ? this.#asked : last.kept.time + allowedLatenessMs;
    return {
      results: this.#results,
      state: { base, tail, json, told: this.#told, asked: last === undefined ? undefined : asked },
      timers: isAsked || last === undefined || asked === undefined ? [] : [asked],
    };
  }

  /** What no late event can come before any more is one state. */
  #settle(): void {
    const { allowedLatenessMs } = this.#definition;
    const open = this.#tail.findIndex(({ kept }) => this.#isOpen(kept.time + allowedLatenessMs));
    const settled = open < 0 ? this.#tail : this.#tail.slice(0, open);
    if (open < 0) this.#base = this.#json;
    else for (const { kept } of settled) this.#base = this.#apply(this.#base, kept);
    this.#tail = open < 0 ? [] : this.#tail.slice(open);
  }

  #isOpen(lastLook: number): boolean {
    return slotCovering(lastLook, this.#place.resolutionMs) > this.#place.slot;
  }

  /** All that happens from the base on. */
  #states(list: readonly Applied[]) {
    let json = this.#base;
    return list.map((applied) => {
      const before = json;
      json = this.#apply(before, applied.kept);
      return { applied, before, after: json };
    });
  }

  #apply(json: string | undefined, kept: Kept): string | undefined {
    return this.#definition.apply(json, eventOf(kept), { key: this.#place.key, time: kept.time });
  }

  #change(time: number, after: string | undefined): void {
    const before = this.#json;
    this.#json = after;
    if (before === undefined && after === undefined) return;
    this.#results.push({
      ...instant(time),
      value: this.#stateOf(after),
      ...(before === undefined ? {} : { old: this.#stateOf(before) }),
      revision: this.#told++,
      retracted: after === undefined,
      final: false,
    });
  }

  #audit(
    time: number,
    { kept, revision }: Applied,
    before: string | undefined,
    after: string | undefined,
  ): void {
    const states = { before: this.#stateOf(before), after: this.#stateOf(after) };
    const value = {
      key: this.#place.key,
      time: kept.time,
      event: eventOf(kept),
      ...states,
      revision,
    };
    this.#results.push({ ...instant(time), tag: AUDIT, value, revision: 0, final: true });
  }
}
