import { localstack } from './localstack/command.ts';

/** `npm run localstack` and `npm run localstack:down`: the reference deployment without an account. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Once ends in order; who asks again does not want to wait.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

process.exitCode = await localstack(
  process.argv.slice(2),
  {
    out: process.stdout,
    err: process.stderr,
    now: () => performance.now(),
    signal: interrupted.signal,
  },
  process.env,
);
