import type { IncomingMessage } from 'node:http';
import type { Command } from './snapshot.ts';

/** More than any command needs. */
const BYTES_MAX = 1_024;
const SPEED_MAX = 1_000;
const KINDS_OF_PIPELINES = ['kill', 'split'] as const;

/** The command in the body of a request; `undefined` if it is none. */
export async function readCommand(request: IncomingMessage): Promise<Command | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BYTES_MAX) return undefined;
    parts.push(part);
  }
  return commandOf(Buffer.concat(parts).toString());
}

/** Only what is known crosses, and nothing else of it. */
export function commandOf(text: string): Command | undefined {
  const { kind, paused, speed, pipeline } = fieldsOf(text);
  if (kind === 'late' || kind === 'poison') return { kind };
  if (kind === 'pause' && typeof paused === 'boolean') return { kind, paused };
  if (kind === 'speed' && isSpeed(speed)) return { kind, speed };
  const ofPipeline = KINDS_OF_PIPELINES.find((one) => one === kind);
  if (ofPipeline === undefined || typeof pipeline !== 'string') return undefined;
  return { kind: ofPipeline, pipeline };
}

const isSpeed = (speed: unknown): speed is number =>
  typeof speed === 'number' && speed > 0 && speed <= SPEED_MAX;

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
