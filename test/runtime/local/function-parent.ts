/** A process that has a function in flight, for tests that end it. */
import { functionProcess } from '../../../src/runtime/local/function-process.ts';

const fn = functionProcess({ module: new URL('./function-handler.ts', import.meta.url) });
process.send?.(await fn.invoke({ do: 'pid' }));
await fn.invoke({ do: 'wait' });
