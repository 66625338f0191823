import { setTimeout as sleepFor } from 'node:timers/promises';
import { LocalStackError } from './failure.ts';
import { type Environment, type Place, VERSION } from './place.ts';
import type { Steps } from './steps.ts';

/** What everything here is given: where, with what, and how it tells. */
export interface ServerOptions {
  readonly place: Place;
  readonly env: Environment;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** A LocalStack that this command starts and stops. */
export interface Server {
  /** How it runs, in words. */
  readonly how: string;
  /** One that was started before. */
  isRunning(): Promise<boolean>;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Leaves nothing of it. */
  stop(): Promise<void>;
}

/** Who answers at the port: LocalStack of our version, somebody else, or nobody. */
export async function whoAnswers({ endpoint }: Place): Promise<'localstack' | 'other' | 'nobody'> {
  try {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`${endpoint}/_localstack/health`, { signal });
    const health = (await answer.json()) as { readonly version?: unknown };
    return health.version === VERSION ? 'localstack' : 'other';
  } catch (error) {
    return isRefused(error) ? 'nobody' : 'other';
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && (error.cause as NodeJS.ErrnoException)?.code === 'ECONNREFUSED';

/** @throws LocalStackError PORT_TAKEN if somebody answers there already */
export async function checkPort(place: Place): Promise<void> {
  const who = await whoAnswers(place);
  if (who === 'nobody') return;
  const taken =
    who === 'localstack' ? 'a LocalStack that this command did not start' : 'another program';
  throw new LocalStackError(
    'PORT_TAKEN',
    `port ${place.port} is taken by ${taken}`,
    'End it, or choose another port: npm run localstack -- --port 4567.',
  );
}

const LOOK_EVERY_MS = 200;

/** Resolves when LocalStack answers; false if `isOver` says that it never will. */
export async function untilUp(place: Place, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    if ((await whoAnswers(place)) === 'localstack') return true;
    await sleepFor(LOOK_EVERY_MS);
  }
  return false;
}
