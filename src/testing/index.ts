export {
  type MemoryDeadLetters,
  type MemorySink,
  memoryDeadLetters,
  memorySink,
} from '../sinks/memory.ts';
export { type MemoryStore, memoryStore } from '../store/memory.ts';
export type { ContractCase } from './contracts/contract.ts';
export { deadLetterContract } from './contracts/dead-letter-contract.ts';
export { sinkContract } from './contracts/sink-contract.ts';
export { storeContract } from './contracts/store-contract.ts';
export { type MemoryLog, memoryLog } from './memory-log.ts';
