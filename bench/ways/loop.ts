import path from 'node:path';
import { eachLine, lineWriter } from './lines.ts';
import type { Way } from './way.ts';

/** The calibration: parse each line, do the job by hand, write the rows. `isLive`: late is late. */
export const handLoop =
  (isLive: boolean): Way =>
  async ({ job, input, folder }) => {
    const file = path.join(folder, 'rows.jsonl');
    const out = lineWriter(file);
    const loop = job.loop(out.write, isLive);
    eachLine(input, (line) => {
      const event = JSON.parse(line);
      loop.on(event as never, event.dateTime ?? Date.parse(event.timestamp));
    });
    loop.end();
    out.close();
    return file;
  };
