import { TestDriverError } from '../errors.ts';
import { nearest, unknownOption } from '../topology/option-names.ts';

/**
 * An option that is spelled wrong would count as one that was left out, and less would be tested.
 *
 * @throws TestDriverError SETTING_INVALID
 */
export function checkTestOptions(who: string, options: object, known: readonly string[]): void {
  const unknown = unknownOption(options, known);
  if (unknown === undefined) return;
  throw new TestDriverError(
    'SETTING_INVALID',
    `${who} has no option ${unknown}`,
    `Did you mean ${nearest(unknown, known)}?`,
  );
}
