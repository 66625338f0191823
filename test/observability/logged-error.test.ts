import { expect, test } from 'vitest';
import {
  BadRecordError,
  FencedError,
  NotStorableError,
  TidemarkError,
  UserFunctionError,
} from '../../src/errors.ts';
import { loggedError } from '../../src/observability/logged-error.ts';

const SECRET = 'zq-secret';

test('of an error of the library everything is told, and where it was thrown', () => {
  const logged = loggedError(new FencedError('lane a was taken', { hint: 'It comes again.' }));
  expect(logged).toMatchObject({
    name: 'FencedError',
    code: 'FENCED',
    message: 'lane a was taken',
    hint: 'It comes again.',
  });
  expect(logged.stack?.[0]).toMatch(/^at .*logged-error\.test\.ts/);
});

test.each([
  ['of somebody else', () => new Error(SECRET)],
  ['with several lines', () => new Error(`first\n    at ${SECRET}`)],
  ['with a name of its own', () => Object.assign(new Error('x'), { name: `bad ${SECRET}` })],
  ['with a code that is none', () => Object.assign(new Error('x'), { code: `page ${SECRET}` })],
  ['whose message was changed', () => Object.assign(new Error(SECRET), { message: 'other' })],
  ['that is no error', () => SECRET],
  ['of a schema', () => new BadRecordError(`"${SECRET}" is no number`)],
  ['of a state', () => new NotStorableError(`NaN at ${SECRET} is no JSON`)],
  [
    'of a function of the author',
    () => new UserFunctionError('process of stage s threw', { cause: new Error(SECRET) }),
  ],
  ['with a cause that is no error', () => new FencedError('taken', { cause: SECRET })],
])('an error %s is told without what it quotes', (_what, make) => {
  const error = make();
  const text = JSON.stringify(loggedError(error));
  expect(text).not.toContain(SECRET);
  expect(text).toContain(error instanceof TidemarkError ? error.code : '"name"');
});

test('the cause says where it was thrown', () => {
  const cause = new TypeError(SECRET);
  const { cause: told } = loggedError(new UserFunctionError('it threw', { cause }));
  expect(told?.name).toBe('TypeError');
  expect(told?.stack?.[0]).toMatch(/logged-error\.test\.ts/);
});

test('causes without end are not followed', () => {
  const error = new Error('a');
  error.cause = error;
  expect(JSON.stringify(loggedError(error)).length).toBeLessThan(10_000);
});
