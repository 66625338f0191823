import { existsSync, mkdirSync } from 'node:fs';
import { PLANS } from './plans.ts';
import { playedFrom, storedInTheMiddle } from './played.ts';
import { writeRecorded } from './recorded.ts';

/**
 * Records what today's code leaves in the tables, for the code of tomorrow to read: `npm run record-format -- 1`.
 * What is recorded already stays as it is.
 */
const folder = new URL(`format-${Number(process.argv[2])}/`, import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, plan] of Object.entries(PLANS)) {
  const file = new URL(`${name}.jsonl`, folder);
  if (existsSync(file)) continue;
  const stored = await storedInTheMiddle(plan());
  const told = await playedFrom(plan(), stored);
  writeRecorded(file, { stored, told });
  console.log(`${name}: ${stored.length} items, ${told.length} rows`);
}
