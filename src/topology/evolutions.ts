import { applying } from '../operators/evolution.ts';
import { AUDIT, evolving } from '../operators/evolve.ts';
import type { Operator } from '../operators/operator.ts';
import { type Build, standsFor } from './build.ts';
import type { EvolveOptions } from './options.ts';
import { lateOf } from './processes.ts';
import { checkDuration, checkName } from './settings.ts';
import { flowOf, type Keyed, stageDraft, toldBy } from './stage.ts';
import type { Evolved } from './stream.ts';

/** The states that the events of keys make, as a table with an audit. */
export function evolved(
  build: Build,
  draft: Keyed,
  options: EvolveOptions<never, unknown>,
): Evolved<never, never> {
  checkName('an evolution', options?.name);
  const { name, allowedLateness: allowedLatenessMs = 0 } = options;
  checkDuration(`allowedLateness of ${name}`, allowedLatenessMs, 0);
  const apply = applying(options, name);
  const authored = [options.apply, JSON.stringify(options.initial)];
  const operator = evolving({ apply, authored, allowedLatenessMs }) as Operator;
  const late = { ...lateOf(options), allowedLatenessMs };
  const stage = stageDraft([draft], operator, options, late);
  const { pipeline } = draft.flow;
  const table = toldBy(pipeline, stage);
  const audit = () => build.stream(flowOf(pipeline, stage, { tag: AUDIT }));
  return standsFor({ ...build.table(table), audit }, table) as Evolved<never, never>;
}
