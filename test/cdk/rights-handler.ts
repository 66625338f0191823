import { fromEnvironment } from '../../src/aws.ts';
import { lambdaHandler } from '../../src/runtime/lambda/index.ts';
import { everyKindPlan } from './rights-plan.ts';

const plan = everyKindPlan();

export const handler = lambdaHandler(plan, { ...fromEnvironment(plan), metrics: false });
