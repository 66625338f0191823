import { type FunctionProcess, functionProcess } from '../../runtime/local/function-process.ts';
import { type LocalRuntime, startLocalRuntime } from '../../runtime/local/local-runtime.ts';
import type { Invoke } from '../../runtime/local/shard-poller.ts';
import { type Connection, clients } from './deployment.ts';
import {
  type FunctionSettings,
  type Hosted,
  type HostedEvent,
  SETTINGS_VARIABLE,
  type ToldByFunction,
} from './function-settings.ts';
import { planOf } from './reference-plans.ts';

/** The process that the functions of some pipelines live in. */
export function startSandbox(
  settings: FunctionSettings,
  onTold: (told: ToldByFunction) => void,
  timeoutMs?: number,
): FunctionProcess {
  const sandbox = functionProcess({
    module: new URL('./function.ts', import.meta.url),
    env: { [SETTINGS_VARIABLE]: JSON.stringify(settings) },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  sandbox.onMessage((message) => onTold(message as ToldByFunction));
  return sandbox;
}

/** Events of one pipeline, for a sandbox that hosts several. */
export const invokeOf =
  ({ invoke }: FunctionProcess, pipeline: HostedEvent['pipeline']): Invoke =>
  (event) =>
    invoke({ pipeline, event } satisfies HostedEvent);

/** A pipeline, and how its triggers are to run on this machine. Durations in ms. */
export interface RunningOptions extends Hosted {
  readonly connection: Connection;
  readonly invoke: Invoke;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  readonly pollIntervalMs?: number;
  /** 0: only `tick()` ticks. */
  readonly tickEveryMs: number;
  /** Something failed that will be tried again. */
  readonly onError: (error: unknown) => void;
  /** Hears of each invocation when it is over. */
  readonly onInvoked?: ((report: InvocationReport) => void) | undefined;
}

/** What an invocation took, as Lambda would tell it. */
export interface InvocationReport {
  readonly work: 'gather' | 'fire' | 'tick';
  readonly startedAt: number;
  readonly ms: number;
  /** How old the last record of the batch was, ms; of a batch of a stream. */
  readonly iteratorAgeMs?: number;
  /** What the function threw, or that its process died. */
  readonly error?: unknown;
}

/** Everything that AWS would run around the function of a pipeline, on streams and tables that are there. */
export function startRunning(options: RunningOptions): LocalRuntime {
  const { connection, choice, places, invoke, onInvoked, ...pace } = options;
  const { kinesis, dynamodb } = clients(connection);
  return startLocalRuntime({
    ...pace,
    plan: planOf(choice),
    kinesis,
    dynamodb,
    streams: places.streams,
    controlTable: places.control,
    invoke: onInvoked === undefined ? invoke : reporting(invoke, onInvoked),
  });
}

const reporting =
  (invoke: Invoke, onInvoked: (report: InvocationReport) => void): Invoke =>
  async (event) => {
    const startedAt = Date.now();
    const report = (more: { readonly error?: unknown }) =>
      onInvoked({ ...workOf(event, startedAt), startedAt, ms: Date.now() - startedAt, ...more });
    try {
      const answer = await invoke(event);
      report({});
      return answer;
    } catch (error) {
      report({ error });
      throw error;
    }
  };

interface BatchEvent {
  readonly Records?: readonly {
    readonly eventSource?: string;
    readonly kinesis?: { readonly approximateArrivalTimestamp: number };
  }[];
}

function workOf(event: unknown, now: number): Pick<InvocationReport, 'work' | 'iteratorAgeMs'> {
  const last = (event as BatchEvent).Records?.at(-1);
  if (last === undefined) return { work: 'tick' };
  if (last.kinesis === undefined) return { work: 'fire' };
  const arrivedAt = last.kinesis.approximateArrivalTimestamp * 1_000;
  return { work: 'gather', iteratorAgeMs: Math.max(0, now - arrivedAt) };
}
