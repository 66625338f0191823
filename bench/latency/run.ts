import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { startEmbedded } from 'tidemark/local';
import { bundleChild, runChild } from '../child-process.ts';
import { whole } from '../options.ts';
import type { LatencyCall, LatencyMeasured } from './call.ts';
import { reportOf } from './report.ts';

/** `npm run bench:latency` */
interface Options extends Pick<LatencyCall, 'rate' | 'seconds' | 'shards' | 'pollMs'> {
  readonly json?: string;
}

const WARM_UP_MS = 5_000;

const { json, ...options } = new Command('npm run bench:latency --')
  .description(
    'Measures, on this machine, how long rows of a count in windows of a second are on the way:\n' +
      'from the put of the event that closes a window until its rows can be read.',
  )
  .option('--rate <n>', 'events a second', whole, 200)
  .option('--seconds <n>', 'how long they are put, after 5 s of warm-up', whole, 20)
  .option('--shards <n>', 'of the stream', whole, 2)
  .option('--poll-ms <n>', 'how long a shard or table without news is left alone', whole, 50)
  .option('--json <file>', 'write what was measured there, too')
  .parse()
  .opts<Options>();

const child = await bundleChild('latency/child');
const embedded = await startEmbedded();
try {
  const { kinesisEndpoint, dynamodbEndpoint } = embedded;
  const call: LatencyCall = { ...options, warmUpMs: WARM_UP_MS, kinesisEndpoint, dynamodbEndpoint };
  const measured = await runChild<LatencyMeasured>(child, call);
  console.log(reportOf(measured));
  if (json !== undefined) {
    const told = { ...options, node: process.version, ...measured };
    writeFileSync(json, `${JSON.stringify(told, undefined, 2)}\n`);
  }
} finally {
  await embedded.stop();
}
