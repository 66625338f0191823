import type { Connection } from '../../src/cli/start/deployment.ts';
import type { Random } from '../../src/cli/start/random.ts';
import type { Invoke } from '../../src/runtime/local/shard-poller.ts';
import { type Fault, type FaultProxy, startFaultProxy, throttle } from '../support/fault-proxy.ts';

/** One kind of fault: how often it comes, and what it is. */
interface Kind {
  readonly name: string;
  readonly chance: number;
  /** Nothing where it cannot happen to an operation. */
  make(operation: string, random: Random): Fault | undefined;
}

/** A kind is absent, rare or frequent in a run (Groce et al., Swarm Testing, ISSTA 2012). */
const CHANCES = [0, 0.02, 0.06];
const TWICE_CHANCE = 0.2;
const DELAY_MAX_MS = 300;
/** By then the call was made again, and others have come in between. */
const PUT_OFF_MAX_MS = 2_500;

const KINDS: readonly (Omit<Kind, 'chance'> & Partial<Kind>)[] = [
  { name: 'replies lost', make: () => ({ kind: 'lose reply' }) },
  { name: 'requests lost', make: () => ({ kind: 'lose request' }) },
  { name: 'put off', make: (_, random) => ({ kind: 'put off', ms: random() * PUT_OFF_MAX_MS }) },
  { name: 'delays', make: (_, random) => ({ kind: 'delay', ms: random() * DELAY_MAX_MS }) },
  { name: 'throttles', make: () => throttle() },
  { name: 'server errors', make: () => ({ kind: 'answer', status: 500, type: 'InternalFailure' }) },
  // Nobody tries that again at once: an attempt ends here, often with its segments written. Without such
  // attempts little is proven, so that they are in every run.
  {
    name: 'rights missing',
    chance: 0.1,
    make: (operation) =>
      operation === 'UpdateItem'
        ? { kind: 'answer', status: 400, type: 'AccessDeniedException' }
        : undefined,
  },
  {
    name: 'left unprocessed',
    make: (operation, random) =>
      operation.startsWith('Batch')
        ? { kind: 'leave', count: 1 + Math.floor(random() * 3) }
        : undefined,
  },
  {
    name: 'iterators expired',
    make: (operation) =>
      operation === 'GetRecords'
        ? { kind: 'answer', status: 400, type: 'ExpiredIteratorException' }
        : undefined,
  },
];

/** Proxies before both servers that make calls go wrong by chance, until all is healed. */
export class LiveFaults {
  /** How many there were, by kind. */
  readonly counts = new Map<string, number>();
  readonly #random: Random;
  readonly #kinds: readonly Kind[];
  readonly #proxies: FaultProxy[] = [];
  /** Answers that nobody waits for. */
  readonly #second: Promise<unknown>[] = [];
  #areHealed = false;

  constructor(random: Random) {
    this.#random = random;
    this.#kinds = KINDS.map((kind) => ({
      chance: CHANCES[Math.floor(random() * CHANCES.length)] ?? 0,
      ...kind,
    }));
  }

  readonly between = async (connection: Connection): Promise<Connection> => {
    const [kinesis, dynamodb] = await Promise.all(
      [connection.kinesisEndpoint, connection.dynamodbEndpoint].map((target) =>
        startFaultProxy(target, this.#draw),
      ),
    );
    if (kinesis === undefined || dynamodb === undefined) throw new Error('a proxy is missing');
    this.#proxies.push(kinesis, dynamodb);
    return {
      ...connection,
      kinesisEndpoint: kinesis.endpoint,
      dynamodbEndpoint: dynamodb.endpoint,
    };
  };

  /** Calls a function, and now and then twice at the same time: of both at most one may count. */
  twice(invoke: Invoke): Invoke {
    return async (event) => {
      if (!this.#areHealed && this.#random() < TWICE_CHANCE) {
        this.#count('calls made twice');
        this.#second.push(invoke(event).catch(() => undefined));
      }
      return invoke(event);
    };
  }

  /** No more faults; resolves when everything that was put off is done. */
  async heal(): Promise<void> {
    this.#areHealed = true;
    await Promise.all([...this.#second, ...this.#proxies.map((proxy) => proxy.settled())]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
  }

  readonly #draw = (operation: string): Fault | undefined => {
    if (this.#areHealed) return undefined;
    for (const { name, chance, make } of this.#kinds) {
      if (this.#random() >= chance) continue;
      const fault = make(operation, this.#random);
      if (fault === undefined) continue;
      this.#count(name);
      return fault;
    }
    return undefined;
  };

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
