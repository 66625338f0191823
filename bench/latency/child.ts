import type { LatencyCall, LatencyMeasured } from './call.ts';
import { endToEnd } from './end-to-end.ts';
import { engineShare } from './engine-share.ts';
import { roundTrips } from './round-trips.ts';

/** One run, in a process of its own: told on stdout as a line of JSON. */
const call = JSON.parse(process.argv[2] ?? '') as LatencyCall;
const engine = await engineShare();
const trips = await roundTrips();
const measured: LatencyMeasured = { ...(await endToEnd(call)), engine, roundTrips: trips };
process.stdout.write(`${JSON.stringify(measured)}\n`);
