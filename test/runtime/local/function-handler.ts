/** A function for tests: does what its event says. */
interface Event {
  readonly do: string;
  readonly with?: unknown;
}

interface Context {
  readonly awsRequestId: string;
  readonly functionName: string;
  getRemainingTimeInMillis(): number;
}

let release: (how: string) => void = () => {};

const deeds: Record<string, (event: Event, context: Context) => unknown> = {
  answer: (event) => event.with,
  nothing: () => undefined,
  environment: () => process.env.GREETING,
  context: (_, { getRemainingTimeInMillis, ...context }) => ({
    ...context,
    remainingMs: getRemainingTimeInMillis(),
  }),
  throw: () => {
    const error = new Error('somebody else has it');
    throw Object.assign(error, { name: 'FencedError', code: 'FENCED' });
  },
  wait: () =>
    new Promise((resolve) => {
      const busy = setInterval(() => {}, 1_000); // As an open socket would, it keeps the process.
      release = (how) => {
        clearInterval(busy);
        resolve(how);
      };
    }),
  release: () => release('released'),
  pid: () => process.pid,
  exit: () => process.exit(3),
  say: () => process.send?.({ observation: { watermark: Number.NEGATIVE_INFINITY } }),
};

export const handler = async (event: Event, context: Context): Promise<unknown> =>
  deeds[event.do]?.(event, context);
