import { describe, expect, test } from 'vitest';
import { updateExpression } from '../../src/store/dynamodb-expression.ts';
import type { Change, Condition } from '../../src/store/store.ts';

describe('a change', () => {
  test.each<[Change, string | undefined]>([
    [{}, undefined],
    [{ set: {}, add: {} }, undefined],
    [{ set: { a: 'x' } }, 'SET a = "x"'],
    [{ set: { a: 'x', b: 2 } }, 'SET a = "x", b = 2'],
    [{ add: { n: 1 } }, 'ADD n 1'],
    [{ add: { n: 1, m: -2 } }, 'ADD n 1, m -2'],
    [{ set: { a: ['x', 'y'] }, add: { n: 1 } }, 'SET a = ["x","y"] ADD n 1'],
  ])('%j is %s', (change, spelled) => {
    const expression = updateExpression(change);
    expect(readable(expression.UpdateExpression, expression)).toBe(spelled);
    expect(expression).not.toHaveProperty('ConditionExpression');
  });
});

describe('a condition', () => {
  test.each<[Condition, string | undefined]>([
    [{}, undefined],
    [{ equals: {}, below: {} }, undefined],
    [{ exists: true }, 'attribute_exists(pk)'],
    [{ exists: false }, 'attribute_not_exists(pk)'],
    [{ equals: { a: 'x', n: 1 } }, 'a = "x" AND n = 1'],
    [{ below: { n: 5 } }, '(attribute_not_exists(n) OR n < 5)'],
    [
      { exists: true, equals: { n: 1 }, below: { n: 5, m: 'x' } },
      'attribute_exists(pk) AND n = 1 AND (attribute_not_exists(n) OR n < 5) AND (attribute_not_exists(m) OR m < "x")',
    ],
  ])('%j is %s', (condition, spelled) => {
    const expression = updateExpression({}, condition);
    expect(readable(expression.ConditionExpression, expression)).toBe(spelled);
    expect(expression).not.toHaveProperty('UpdateExpression');
  });
});

test('what is empty is left out', () => {
  expect(updateExpression({}, { exists: true })).toEqual({
    ConditionExpression: 'attribute_exists(#0)',
    ExpressionAttributeNames: { '#0': 'pk' },
  });
  expect(updateExpression({})).toEqual({});
});

test('a name has one placeholder, and every value its own', () => {
  const change = { set: { epoch: 1 } };
  expect(updateExpression(change, { equals: { epoch: 1 }, below: { epoch: 2 } })).toEqual({
    UpdateExpression: 'SET #0 = :0',
    ConditionExpression: '#0 = :1 AND (attribute_not_exists(#0) OR #0 < :2)',
    ExpressionAttributeNames: { '#0': 'epoch' },
    ExpressionAttributeValues: { ':0': { N: '1' }, ':1': { N: '1' }, ':2': { N: '2' } },
  });
});

type Expression = ReturnType<typeof updateExpression>;

/** The text with every placeholder replaced by what it stands for. */
function readable(text: string | undefined, expression: Expression): string | undefined {
  return text?.replace(/[#:]\d+/g, (placeholder) => {
    const value = expression.ExpressionAttributeValues?.[placeholder];
    const plain = value?.S ?? (value?.N && Number(value.N)) ?? value?.L?.map((part) => part.S);
    return expression.ExpressionAttributeNames?.[placeholder] ?? JSON.stringify(plain);
  });
}
