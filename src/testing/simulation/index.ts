export type { Chance } from './chance.ts';
export { FAULT_KINDS, type FaultKind } from './faults.ts';
export { type EventsOf, type Simulated, type SimulateOptions, simulate } from './simulate.ts';
