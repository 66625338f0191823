import { describe } from '../../topology/describe.ts';
import { describeJson } from '../../topology/describe-json.ts';
import { describeMermaid } from '../../topology/describe-mermaid.ts';
import type { Plan } from '../../topology/plan.ts';
import { loadPlan } from './load-plan.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';

export const FORMATS = ['text', 'json', 'mermaid'] as const;

/** What `tidemark describe` is given. */
export interface DescribeFlags {
  readonly export: string;
  readonly format: (typeof FORMATS)[number];
}

/** Makes a description ready. Throws what is wrong with the call. */
export async function prepareDescribe(
  module: string,
  flags: DescribeFlags,
  { out }: Terminal,
): Promise<Ready> {
  const plan = await loadPlan(module, flags.export);
  return async () => {
    out.write(`${WRITERS[flags.format](plan)}\n`);
  };
}

const WRITERS: Readonly<Record<DescribeFlags['format'], (plan: Plan) => string>> = {
  text: describe,
  json: (plan) => JSON.stringify(describeJson(plan), undefined, 2),
  mermaid: describeMermaid,
};
