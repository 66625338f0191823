import type { Check } from './adapter.ts';
import { ADAPTERS } from './adapters.ts';
import { RULES, type Rule } from './rules.ts';
import type { Vector } from './vector.ts';

/** What became of a vector. */
export interface Outcome {
  readonly vector: Vector;
  readonly kind: 'passed' | 'failed' | 'skipped';
  /** How it failed, or the rule under which it was skipped. */
  readonly told: string | undefined;
  /** Rules that left out some of its comparisons. */
  readonly lighter: readonly Rule[];
}

/** Runs a vector as far as the rules let it. */
export async function judge(vector: Vector): Promise<Outcome> {
  const rules = RULES.filter((rule) => rule.applies(vector));
  const whole = rules.find((rule) => rule.leavesOut === undefined);
  if (whole) return { vector, kind: 'skipped', told: nameOf(whole, vector), lighter: [] };
  const left = new Set<string>(rules.flatMap((rule) => rule.leavesOut ?? []));
  const checks = (await run(vector)).filter(({ name }) => !left.has(name));
  const failed = checks.filter((check) => check.difference !== undefined);
  const told = failed.map(({ name, difference }) => `${name}: ${difference}`).join(' / ');
  if (checks.length === 0) throw new Error(`rules leave nothing to compare of ${vector.name}`);
  const kind = failed.length > 0 ? 'failed' : 'passed';
  return { vector, kind, told: told || undefined, lighter: rules };
}

const nameOf = ({ name, what }: Rule, vector: Vector): string =>
  what === undefined ? name : `${name}: ${what(vector)}`;

async function run(vector: Vector): Promise<readonly Check[]> {
  const adapter = ADAPTERS[vector.operator];
  if (adapter === undefined) throw new Error(`no rule skips the operator ${vector.operator}`);
  try {
    return await adapter(vector);
  } catch (error) {
    return [{ name: 'finals', difference: String(error) }];
  }
}
