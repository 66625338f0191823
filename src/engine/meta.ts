import { PlanChangedError } from '../errors.ts';
import { fingerprint } from '../topology/describe.ts';
import { metaKey } from './keys.ts';
import type { StageContext } from './ports.ts';

/** How items and segments are laid out. */
const FORMAT = 1;

/**
 * Refuses to touch state that was written by a plan which counts differently; the first plan to come
 * leaves its fingerprint. Asked once a process.
 *
 * @throws PlanChangedError
 */
export async function checkMeta(context: StageContext): Promise<void> {
  const { memory, stage, store } = context;
  if (memory.fits) return;
  const key = metaKey(stage.name);
  const mine = fingerprint(stage);
  const there = await store.get('control', key);
  const set = { fingerprint: mine, format: FORMAT };
  const written = there ?? (await store.update('control', key, { set }, { exists: false }));
  const meta = written ?? (await store.get('control', key));
  if (meta?.fingerprint !== mine || meta.format !== FORMAT) {
    throw new PlanChangedError(
      `the state of stage ${stage.name} was written as "${meta?.fingerprint}" in format ${meta?.format}, the plan is "${mine}" in format ${FORMAT}`,
      { hint: 'Give the stage a new name to start it afresh, or restore what it was.' },
    );
  }
  memory.fits = true;
}
