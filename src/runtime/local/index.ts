/**
 * A plan on one machine: embedded servers, a poller that follows the rules of event source mappings, functions
 * in processes of their own.
 *
 * @module tidemark/local
 */
export {
  type ControlWatcher,
  type ControlWatcherOptions,
  startControlWatcher,
} from './control-watcher.ts';
export { type Embedded, startEmbedded } from './embedded.ts';
export {
  type FunctionProcess,
  type FunctionProcessOptions,
  functionProcess,
} from './function-process.ts';
export { type KinesisPoller, startKinesisPoller } from './kinesis-poller.ts';
export type { KinesisPollerOptions } from './kinesis-poller-options.ts';
export {
  type LocalRuntime,
  type LocalRuntimeOptions,
  startLocalRuntime,
  TICK_EVENT,
} from './local-runtime.ts';
export type { BatchReport, Invoke } from './shard-poller.ts';
export type { StartAt } from './shard-reader.ts';
