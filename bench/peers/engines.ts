import { spawn } from 'node:child_process';

/** A line that a peer tells of a run. */
interface Told {
  readonly engine?: string;
  readonly mode?: string;
  readonly round?: number;
  readonly cpu_s?: number;
  readonly rss_mb?: number;
}

/** What one run of an engine took. */
export interface PeerRun {
  /** As in `flink-2.3.0 ckpt1000`; the second run in one JVM is called warm. */
  readonly name: string;
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

/** Runs a job through Flink, without checkpoints and with one a second, by the script of the peers. */
export async function flinkRuns(folder: string, job: string, input: string): Promise<PeerRun[]> {
  const args = ['run-peers.sh', job, input, 'flink', 'flink-ckpt'];
  const child = spawn('bash', args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  const told = lines.map((line) => JSON.parse(line) as Told);
  const runs = told.filter(({ cpu_s }) => cpu_s !== undefined).map(runOf);
  if (code !== 0 || runs.length === 0) throw new Error(`the peers told nothing of ${job}: ${text}`);
  return runs;
}

const runOf = ({ engine = '', mode = '', round = 1, cpu_s = 0, rss_mb = 0 }: Told): PeerRun => ({
  name: `${engine} ${mode} ${round > 1 ? 'warm' : 'cold'}`,
  cpuSeconds: cpu_s,
  rssMb: rss_mb,
});
