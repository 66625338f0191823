import type { LatencyCall, LatencyMeasured } from './call.ts';
import { endToEnd } from './end-to-end.ts';
import { engineShare } from './engine-share.ts';

/** One run, in a process of its own: told on stdout as a line of JSON. */
const call = JSON.parse(process.argv[2] ?? '') as LatencyCall;
const engine = await engineShare();
const measured: LatencyMeasured = { ...(await endToEnd(call)), engine };
process.stdout.write(`${JSON.stringify(measured)}\n`);
