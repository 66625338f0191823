/** What a deployment can be told by `-c name=value`. */
export interface Settings {
  /** `-c stage=dev|prod`. Default `dev`, which leaves nothing behind. */
  readonly stage: 'dev' | 'prod';
  /** `-c stream=on-demand`: streams grow by themselves. Default: a number of shards each. */
  readonly onDemand: boolean;
  /** `-c shards=2`: of each stream that does not grow by itself. Default 4. */
  readonly shards: number;
  /** `-c pipelines=all`: every folder of functions/. Default `few`: the clickstream and the carts. */
  readonly pipelines: 'few' | 'all';
  /** `-c budget=50`: US dollars a month. Default 20 in dev, 200 in prod. */
  readonly budget: number;
  /** `-c email=you@example.org`: who is told of alarms and of the budget. Default: nobody. */
  readonly email: string | undefined;
}

const SHARDS = 4;
const BUDGETS = { dev: 20, prod: 200 };

/** Reads the context, and refuses what it does not know. */
export function settingsOf(context: (key: string) => unknown): Settings {
  const stage = oneOf('stage', context('stage') ?? 'dev', ['dev', 'prod']);
  const stream = oneOf('stream', context('stream') ?? 'provisioned', ['provisioned', 'on-demand']);
  const shards = Number(context('shards') ?? SHARDS);
  if (!(Number.isInteger(shards) && shards > 0)) {
    throw new Error('-c shards takes a whole number above 0, such as -c shards=2');
  }
  const budget = Number(context('budget') ?? BUDGETS[stage]);
  if (!(budget > 0)) throw new Error('-c budget takes US dollars a month, such as -c budget=50');
  const email = context('email');
  return {
    stage,
    onDemand: stream === 'on-demand',
    shards,
    pipelines: oneOf('pipelines', context('pipelines') ?? 'few', ['few', 'all']),
    budget,
    email: email === undefined ? undefined : String(email),
  };
}

function oneOf<const T extends string>(name: string, value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Error(`-c ${name} takes ${known.join(' or ')}, not ${JSON.stringify(value)}`);
}
