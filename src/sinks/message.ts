import type { Output } from './sink.ts';

/**
 * An output as whoever reads no table gets it, as JSON: an event as it is; a result of a window, or a change
 * of a row, as an object. What may be told anew says which time it is told, and what was said before.
 */
export function messageOf(output: Output): unknown {
  const { shape, key, value, old } = output;
  if (shape === 'events') return value;
  if (shape === 'changes') return { key, time: output.windowStart, value, old, ...marksOf(output) };
  const { windowStart, windowEnd, final, revision } = output;
  const result = { key, windowStart, windowEnd, value };
  return final ? result : { ...result, revision, old, ...marksOf(output) };
}

const marksOf = ({ early, retracted }: Output) => ({
  ...(early ? { early } : {}),
  ...(retracted ? { retracted } : {}),
});

/** The message as JSON text. */
export const messageText = (output: Output): string => JSON.stringify(messageOf(output)) ?? 'null';
