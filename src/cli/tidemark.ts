#!/usr/bin/env node
import { tidemark } from './tidemark/command.ts';

/** `tidemark`: what the package installs as a command. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Once ends at a checkpoint; who asks again does not want to wait.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

process.exitCode = await tidemark(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  now: () => performance.now(),
  signal: interrupted.signal,
});
