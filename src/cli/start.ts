import { TidemarkError } from '../errors.ts';
import { parseOptions } from './start/options.ts';
import { run } from './start/run.ts';

/** `npm start`: the pipeline of the README, end to end, on this machine. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const parsed = parseOptions(process.argv.slice(2), process.env);
if (parsed.kind === 'stop') {
  process[parsed.stream].write(parsed.text);
  process.exit(parsed.exitCode);
}

const interrupted = new AbortController();
// A shell between npm and this process passes no signal on: without whoever started it, it ends too.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) interrupted.abort();
}, 1_000).unref();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Once ends in order; who asks again does not want to wait.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

try {
  process.exitCode = await run(parsed.options, {
    env: process.env,
    now: Date.now,
    screen: process.stdout,
    signal: interrupted.signal,
  });
} catch (error) {
  if (!(error instanceof TidemarkError)) throw error;
  process.stderr.write(`error: ${error.fact}\n${error.hint ? `${error.hint}\n` : ''}`);
  process.exitCode = 1;
}
