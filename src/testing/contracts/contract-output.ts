import type { Output } from '../../sinks/sink.ts';

/** An output of a case: a final result of a window, unless it says otherwise. */
export function outputOf(key: string, fields: Partial<Output> = {}): Output {
  const identity = { stage: 'contract', bucket: 0, slot: 1_000, chunk: 0, key, index: 0 };
  const window = { windowStart: 0, windowEnd: 1_000, value: 1, revision: 0 };
  return { ...identity, shape: 'windows', ...window, position: 'p0001#0', final: true, ...fields };
}

/** Every kind of value that a result can be. */
export const VALUES: readonly unknown[] = [
  0,
  -1.5,
  123_456_789.123,
  'text ☃ 😀',
  '',
  true,
  false,
  null,
  [],
  {},
  [1, 'a', null, [true]],
  { count: 3, top: [{ key: 'a', n: 2 }], nested: { list: [], none: null } },
];
