import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fileLane, runBatch } from 'tidemark/batch';
import { STREAM, TABLE } from '../jobs/streams.ts';
import { eachLine } from '../ways/lines.ts';
import type { RunLoad } from './call.ts';
import { CpuClock } from './cpu.ts';
import { arrivals, type Load, planOf } from './load.ts';

/** A file a lane, one after the other. */
export const overFiles: RunLoad = async (load, folder) => {
  const inputs = { [STREAM]: written(load, folder).map(fileLane) };
  const output = path.join(folder, 'output');
  const cpu = new CpuClock();
  await cpu.during(() => runBatch(planOf(load), { inputs, output, start: 'fresh' }));
  let rows = 0;
  let counted = 0;
  eachLine(path.join(output, `${TABLE}.jsonl`), (line) => {
    rows++;
    counted += JSON.parse(line).value;
  });
  return { cpuSeconds: cpu.seconds, rows, counted };
};

const WRITTEN_TOGETHER = 1 << 16;

function written(load: Load, folder: string): string[] {
  const files = Array.from({ length: load.lanes }, (_, n) => path.join(folder, `lane-${n}.jsonl`));
  const descriptors = files.map((file) => openSync(file, 'w'));
  const texts = files.map(() => '');
  const flush = (lane: number): void => {
    writeSync(Number(descriptors[lane]), texts[lane] ?? '');
    texts[lane] = '';
  };
  let n = 0;
  for (const { line } of arrivals(load)) {
    const lane = n++ % load.lanes;
    texts[lane] += `${line}\n`;
    if (String(texts[lane]).length >= WRITTEN_TOGETHER) flush(lane);
  }
  for (const [lane, descriptor] of descriptors.entries()) {
    flush(lane);
    closeSync(descriptor);
  }
  return files;
}
