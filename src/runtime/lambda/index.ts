export {
  type BatchResponse,
  type Handler,
  type InvocationContext,
  type LambdaOptions,
  lambdaHandler,
  type MappedSource,
} from './handler.ts';
