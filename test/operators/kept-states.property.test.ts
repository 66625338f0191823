import { expect, test } from 'vitest';
import { MINUTES, SECONDS } from '../../src/index.ts';
import { asOfJoin } from '../../src/operators/as-of-join.ts';
import { deduplicate } from '../../src/operators/dedupe.ts';
import { applying } from '../../src/operators/evolution.ts';
import { evolving } from '../../src/operators/evolve.ts';
import { intervalJoin, type JoinKind } from '../../src/operators/interval-join.ts';
import type { Kept } from '../../src/operators/kept.ts';
import { latestRows } from '../../src/operators/latest-rows.ts';
import type { KeyedFiring } from '../../src/operators/operator.ts';
import { keyedProcess } from '../../src/operators/process.ts';
import { ByteReader, ByteWriter } from '../../src/schema/bytes.ts';
import fc from '../support/fast-check.ts';

interface Said {
  texts: string[];
}

/** All operators whose states go on from slot to slot as they are. Functions of authors change what they can. */
const OPERATORS: readonly (readonly [string, { readonly firing: object }])[] = [
  ...(['inner', 'left', 'right', 'outer'] as const).flatMap((kind: JoinKind) => [
    [`${kind} join`, intervalJoin({ kind, beforeMs: 5_000, afterMs: 5_000 })] as const,
    [`${kind} join after`, intervalJoin({ kind, beforeMs: -1_000, afterMs: 8_000 })] as const,
  ]),
  ['as-of join', asOfJoin('left')],
  ['latest rows', latestRows()],
  ['dedupe', deduplicate(3_000)],
  ['evolve', evolving(evolved(0))],
  ['evolve with late events', evolving(evolved(4_000))],
  [
    'process',
    keyedProcess({
      stage: 'process',
      initial: undefined,
      tags: [],
      functions: {
        onEvent: ({ state, emit, setTimer, time }, event) => {
          const said = (state.get() as Said | undefined) ?? { texts: [] };
          said.texts.push(JSON.stringify(event ?? null));
          state.set(said);
          said.texts.push('not said');
          setTimer(time + 2_500, `n${said.texts.length % 3}`);
          emit(event ?? null);
        },
        onTimer: ({ state, emit }) => {
          emit(state.get() ?? null);
          state.clear();
        },
      },
    }),
  ],
];

test('there are operators to check', () => expect(OPERATORS.length).toBeGreaterThan(12));

test.each(OPERATORS)(
  '%s: a state never changes, reads back as it is, and takes no more bytes than it says',
  (_, { firing }) => {
    const { fire, stateCodec, stateBytesMax } = firing as KeyedFiring<Kept[], unknown>;
    const bytesOf = (state: unknown, slot: number): Uint8Array => {
      const writer = new ByteWriter();
      stateCodec.write(state, writer, slot);
      return writer.bytes().slice();
    };
    const whose = { key: 'k', inputEnded: false };
    fc.assert(
      fc.property(slots, (all) => {
        let kept: unknown;
        let stored: Uint8Array | undefined;
        for (const [n, events] of all.entries()) {
          const slot = (n + 1) * SECONDS;
          const read = stored && stateCodec.read(new ByteReader(stored), slot - SECONDS);
          const expected = fire(read, eventsOf(events, slot), slot, SECONDS, whose);
          const fired = fire(kept, eventsOf(events, slot), slot, SECONDS, whose);
          expect(fired.results).toEqual(expected.results);
          expect(fired.timers).toEqual(expected.timers);
          if (kept !== undefined) expect(bytesOf(kept, slot - SECONDS)).toEqual(stored);
          kept = fired.state;
          for (const { value } of fired.results) spoil(value);
          stored = expected.state === undefined ? undefined : bytesOf(expected.state, slot);
          expect(kept && bytesOf(kept, slot)).toEqual(stored);
          expect(stored?.length ?? 0).toBeLessThanOrEqual(kept ? (stateBytesMax?.(kept) ?? -1) : 0);
        }
      }),
    );
  },
);

interface Drawn {
  readonly ageMs: number;
  readonly side: number;
  readonly text: string | undefined;
}

/** Events of one key, slot after slot. */
const slots = fc.array(
  fc.array(
    fc.record<Drawn>({
      ageMs: fc.oneof(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 6_000 })),
      side: fc.integer({ min: 0, max: 1 }),
      text: fc.option(fc.string({ unit: 'binary', maxLength: 5 }), { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  { maxLength: 12 },
);

const eventsOf = (drawn: readonly Drawn[], slot: number): Kept[] =>
  drawn.map(({ ageMs, side, text }, index) => ({
    time: slot - ageMs,
    side,
    origin: { lane: `lane-${index % 2}`, position: String(slot), index },
    json: text === undefined ? '' : JSON.stringify({ text, texts: [text] }),
  }));

/** Does to a value what whoever is told of it may do. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) spoil(part);
  if (Array.isArray(value)) value.length = 0;
  else for (const name of Object.keys(value)) Reflect.deleteProperty(value, name);
}

function evolved(allowedLatenessMs: number) {
  const apply = applying<unknown, Said>({
    initial: { texts: [] },
    apply(state, event) {
      state.texts.push(JSON.stringify(event ?? null));
      return state.texts.length > 3 ? undefined : state;
    },
  });
  return { apply, authored: [], allowedLatenessMs: Math.min(allowedLatenessMs, MINUTES) };
}
