/**
 * The test driver, the simulator, laws of aggregates, and contracts for stores, sinks and lookups of one's own.
 *
 * @module tidemark/testing
 */
export { type MemoryLookup, memoryLookup } from '../lookups/memory.ts';
export {
  type MemoryDeadLetters,
  type MemorySink,
  memoryDeadLetters,
  memorySink,
} from '../sinks/memory.ts';
export { type MemoryStore, memoryStore } from '../store/memory.ts';
export { type AggregateLawOptions, checkAggregateLaws } from './aggregate-laws.ts';
export type { ContractCase } from './contracts/contract.ts';
export { deadLetterContract } from './contracts/dead-letter-contract.ts';
export { lookupContract } from './contracts/lookup-contract.ts';
export { type MessageSinkSubject, messageContract } from './contracts/message-contract.ts';
export { sinkContract } from './contracts/sink-contract.ts';
export { storeContract } from './contracts/store-contract.ts';
export { type TestDriver, type TestDriverOptions, testDriver } from './driver.ts';
export type { DriverClock } from './driver-clock.ts';
export type { LaneHandle, StreamHandle } from './driver-input.ts';
export type { SentRecord } from './driver-lanes.ts';
export type { LookupHandle } from './driver-lookup.ts';
export type { EventResult, LateRecord, NumberedDeadLetter } from './driver-view.ts';
export {
  type Chance,
  describeFailure,
  type EventsOf,
  FAULT_KINDS,
  type FaultKind,
  type Run,
  type Shrunk,
  type SimulateOptions,
  type Simulation,
  simulate,
} from './simulation/index.ts';
