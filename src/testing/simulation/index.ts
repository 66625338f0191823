export type { Chance } from './chance.ts';
export { FAULT_KINDS, type FaultKind } from './faults.ts';
export type { EventsOf, Run } from './one-run.ts';
export type { Shrunk } from './shrink.ts';
export { describeFailure, type SimulateOptions, type Simulation, simulate } from './simulate.ts';
