import { existsSync, mkdirSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { PLANS } from './plans.ts';
import { playedFrom, storedInTheMiddle } from './played.ts';
import { writeRecorded } from './recorded.ts';

/**
 * Records what today's code leaves in the tables, for the code of tomorrow to read: `npm run record-format -- 1`.
 * What is recorded already stays as it is.
 */
const [format] = new Command('npm run record-format --')
  .description("Records what today's code leaves in the tables. What is recorded already stays.")
  .argument('<format>', 'number of the format', whole)
  .parse().processedArgs as [number];
const folder = new URL(`format-${format}/`, import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, plan] of Object.entries(PLANS)) {
  const file = new URL(`${name}.jsonl`, folder);
  if (existsSync(file)) continue;
  const stored = await storedInTheMiddle(plan());
  const told = await playedFrom(plan(), stored);
  writeRecorded(file, { stored, told });
  console.log(`${name}: ${stored.length} items, ${told.length} rows`);
}

function whole(text: string): number {
  if (/^[1-9][0-9]*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number above 0.');
}
