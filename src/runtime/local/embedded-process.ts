/** The child process behind `startEmbedded`: two servers, and no life of its own. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the child tells its parent, once. */
export type EmbeddedMessage =
  | { readonly kind: 'ready'; readonly kinesisPort: number; readonly dynamodbPort: number }
  | { readonly kind: 'failed'; readonly what: string; readonly missing?: string };

// Status changes are as good as immediate: nobody learns anything from waiting for a local table.
const WAIT_MS = 1;

// Before the servers are loaded: the parent may die in the meantime.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group. The parent still needs the servers to end its work.
process.on('SIGINT', () => {});

if (process.connected) await main();
else process.exit(0);

async function main(): Promise<void> {
  try {
    const kinesisPort = await listen(await createKinesis());
    const dynamodbPort = await listen(await createDynamodb());
    tell({ kind: 'ready', kinesisPort, dynamodbPort });
  } catch (error) {
    tell(failed(error));
  }
}

async function createKinesis(): Promise<Server> {
  // Imported here, and not above, so that a missing package can be told from a broken one.
  const { default: kinesalite } = await import('kinesalite');
  return kinesalite({
    createStreamMs: WAIT_MS,
    deleteStreamMs: WAIT_MS,
    updateStreamMs: WAIT_MS,
    shardLimit: 10_000,
  });
}

async function createDynamodb(): Promise<Server> {
  const { default: dynalite } = await import('dynalite');
  return dynalite({ createTableMs: WAIT_MS, deleteTableMs: WAIT_MS, updateTableMs: WAIT_MS });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Never another address than loopback: the servers know no authorization.
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function failed(error: unknown): EmbeddedMessage {
  const what = error instanceof Error ? error.message : String(error);
  const missing = /Cannot find package '(kinesalite|dynalite)'/.exec(what)?.[1];
  return missing === undefined ? { kind: 'failed', what } : { kind: 'failed', what, missing };
}

function tell(message: EmbeddedMessage): void {
  process.send?.(message);
}
