import { fromEnvironment } from 'tidemark/aws';
import { lambdaHandler } from 'tidemark/lambda';
import plan from './pipeline.ts';

export const handler = lambdaHandler(plan, fromEnvironment(plan));
