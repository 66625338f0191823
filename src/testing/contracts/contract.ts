import { randomUUID } from 'node:crypto';

/**
 * One promise of a port, checked against an implementation: `run` throws if it is not kept. A case
 * uses keys of its own, so that all can run on the same tables, at the same time and again.
 */
export interface ContractCase<Subject> {
  readonly name: string;
  /** Passes, or throws what is wrong. */
  run(subject: Subject): Promise<void>;
}

/** A name that no other case and no other run uses. */
export const uniqueName = (): string => `contract-${randomUUID()}`;
