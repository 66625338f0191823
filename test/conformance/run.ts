import { judge, type Outcome } from './conformance.ts';
import { failure, report } from './report.ts';
import { readVectors } from './vector.ts';

/** `npm run conformance -- DIR`: every vector under DIR through the library. */
const folder = process.argv[2];
if (folder === undefined) {
  console.error('usage: npm run conformance -- DIR');
  process.exit(2);
}
const vectors = readVectors(folder);
if (vectors.length === 0) {
  console.error(`there are no vectors under ${folder}`);
  process.exit(2);
}
const outcomes: Outcome[] = [];
for (const vector of vectors) {
  const outcome = await judge(vector);
  if (outcome.kind === 'failed') console.log(failure(outcome));
  outcomes.push(outcome);
}
for (const line of report(outcomes)) console.log(line);
process.exitCode = outcomes.some(({ kind }) => kind === 'failed') ? 1 : 0;
