/** A process that starts the servers, for tests that end it. */
import { startEmbedded } from '../../../src/runtime/local/embedded.ts';

try {
  const { kinesisEndpoint, dynamodbEndpoint } = await startEmbedded();
  process.send?.({ kinesisEndpoint, dynamodbEndpoint });
} catch (error) {
  process.send?.({ ...(error as object), message: (error as Error).message });
}

process.on('message', (message) => {
  if (message === 'ignore SIGINT') process.on('SIGINT', () => {});
  process.send?.(message);
});
