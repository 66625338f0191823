import { expect, test } from 'vitest';
import { fromEnvironment } from '../../src/aws.ts';
import { pipeline } from '../../src/index.ts';
import { runBatch } from '../../src/runtime/batch/index.ts';
import { lambdaHandler } from '../../src/runtime/lambda/index.ts';

/** What people give who forget `.to(...)`, or whose import is of another name. */
const NONE: readonly unknown[] = [undefined, pipeline('clicks'), {}];

test.each<[string, (plan: never) => unknown]>([
  ['runBatch()', (plan) => runBatch(plan, { inputs: {}, output: '/nowhere' })],
  ['lambdaHandler()', (plan) => lambdaHandler(plan, {} as never)],
  ['fromEnvironment()', (plan) => fromEnvironment(plan, { env: {} })],
])('%s of what is no plan is refused', async (who, run) => {
  for (const none of NONE) {
    await expect(async () => run(none as never)).rejects.toMatchObject({
      name: 'PlanError',
      code: 'PLAN_INVALID',
      fact: `${who} was not given a plan`,
    });
  }
});
