import { writeFileSync } from 'node:fs';
import { keepBaseline, regressions } from './baseline.ts';
import { bench, profile } from './bench.ts';
import { benchOptions } from './options.ts';
import { aligned, cellsOf, HEADER, headingOf, type Line } from './report.ts';

/** `npm run bench` */
const options = benchOptions(process.argv.slice(2));
if (options.profile !== undefined) {
  const folder = await profile(options, options.profile);
  console.log(`Open the profiles in ${folder} with Chrome DevTools or speedscope.`);
} else {
  const all: Line[] = [];
  await bench(options, (job, lines) => {
    all.push(...lines);
    console.log(`${headingOf(job)}\n${aligned([HEADER, ...lines.map(cellsOf)])}\n`);
  });
  if (options.json !== undefined) {
    const { events, rounds, schema, batch, seed } = options;
    const told = { events, rounds, schema, batch, seed, node: process.version, lines: all };
    writeFileSync(options.json, `${JSON.stringify(told, undefined, 2)}\n`);
  }
  if (options.keep !== undefined) keepBaseline(options.keep, all);
  const slower = options.check === undefined ? [] : regressions(options.check, all);
  for (const what of slower) console.error(`error: ${what}`);
  if (slower.length > 0) process.exitCode = 1;
  if (all.some(({ agrees }) => agrees === false)) {
    console.error('error: results differ from those of the hand-written loop');
    process.exitCode = 1;
  }
}
