import { Command } from 'commander';
import { judge, type Outcome } from './conformance.ts';
import { failure, report } from './report.ts';
import { readVectors, type Vector } from './vector.ts';

/** `npm run conformance -- DIR`: every vector under DIR through the library. */
const command = new Command('npm run conformance --')
  .description(
    'Compares the library with what Kafka Streams, Flink and Beam did, vector by vector.',
  )
  .argument('<dir>', 'folder with the vectors, in folders of its own or not')
  .addHelpText('after', '\nExit codes: 0 all equal, 1 some are not, 2 wrong call')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_CALL));
const WRONG_CALL = 2;

const [folder = ''] = command.parse().args;
const outcomes: Outcome[] = [];
for (const vector of vectorsOf(folder)) {
  const outcome = await judge(vector);
  if (outcome.kind === 'failed') console.log(failure(outcome));
  outcomes.push(outcome);
}
for (const line of report(outcomes)) console.log(line);
process.exitCode = outcomes.some(({ kind }) => kind === 'failed') ? 1 : 0;

function vectorsOf(dir: string): readonly Vector[] {
  try {
    const vectors = readVectors(dir);
    if (vectors.length > 0) return vectors;
  } catch (error) {
    command.error(`error: the vectors cannot be read: ${(error as Error).message}`);
  }
  return command.error(`error: there are no vectors under '${dir}'`);
}
