import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  ConfigurationError,
  FormatError,
  PlanError,
  TestDriverError,
  type TidemarkError,
} from '../src/errors.ts';

const FACT = 'a table is named "ab"';
const HINT = 'Use 3 letters.';

test.each<TidemarkError>([
  new PlanError('SINK_INVALID', FACT, HINT),
  new TestDriverError('SINK_UNKNOWN', FACT, HINT),
])('$name says in its message what to do: test runners show nothing else', (error) => {
  expect(error.message).toBe(`${FACT}\n${HINT}`);
  expect(error.stack).toContain(`${error.name}: ${FACT}\n${HINT}\n    at `);
  expect(inspect(error).split(HINT)).toHaveLength(3); // In the message, and as a field.
  expect(error).toMatchObject({ fact: FACT, hint: HINT });
});

test.each<TidemarkError>([
  new ConfigurationError('SINK_MISSING', FACT, HINT),
  new FormatError(FACT, { hint: HINT }),
  new FormatError(FACT),
])('$name, which goes to logs with its fields, keeps the message to the fact', (error) => {
  expect(error.message).toBe(FACT);
  expect(error.fact).toBe(FACT);
});
