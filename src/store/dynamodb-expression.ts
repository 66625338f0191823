import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { encodeValue } from '../dynamodb/attribute-value.ts';
import type { Change, Condition, Value } from './store.ts';

/** The part of an UpdateItem request that says what to change and when. */
export interface UpdateExpression {
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/**
 * Spells a change and its condition. Every name is given a placeholder, as many plain words are
 * reserved; what is empty is left out, as DynamoDB refuses empty expressions and maps.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */
export function updateExpression(change: Change, condition: Condition = {}): UpdateExpression {
  const placeholders = newPlaceholders();
  const update = spellChange(change, placeholders);
  const when = spellCondition(condition, placeholders);
  const { names, values } = placeholders;
  return {
    ...(update === '' ? {} : { UpdateExpression: update }),
    ...(when === '' ? {} : { ConditionExpression: when }),
    ...(isEmpty(names) ? {} : { ExpressionAttributeNames: names }),
    ...(isEmpty(values) ? {} : { ExpressionAttributeValues: values }),
  };
}

function spellChange({ set = {}, add = {} }: Change, { name, value }: Placeholders): string {
  const sets = Object.entries(set).map(([key, to]) => `${name(key)} = ${value(to)}`);
  const adds = Object.entries(add).map(([key, by]) => `${name(key)} ${value(by)}`);
  return [clause('SET', sets), clause('ADD', adds)].filter(Boolean).join(' ');
}

function spellCondition(condition: Condition, { name, value }: Placeholders): string {
  const { exists, equals = {}, below = {} } = condition;
  return [
    ...(exists === undefined ? [] : [`attribute_${exists ? '' : 'not_'}exists(${name('pk')})`]),
    ...Object.entries(equals).map(([key, to]) => `${name(key)} = ${value(to)}`),
    ...Object.entries(below).map(
      ([key, than]) => `(attribute_not_exists(${name(key)}) OR ${name(key)} < ${value(than)})`,
    ),
  ].join(' AND ');
}

const clause = (word: string, parts: readonly string[]): string =>
  parts.length === 0 ? '' : `${word} ${parts.join(', ')}`;

interface Placeholders {
  readonly names: Record<string, string>;
  readonly values: Record<string, AttributeValue>;
  /** The same placeholder for the same name. */
  name(attribute: string): string;
  value(value: Value): string;
}

function newPlaceholders(): Placeholders {
  const known = new Map<string, string>();
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  return {
    names,
    values,
    name(attribute) {
      const placeholder = known.get(attribute) ?? `#${known.size}`;
      known.set(attribute, placeholder);
      names[placeholder] = attribute;
      return placeholder;
    },
    value(value) {
      const placeholder = `:${Object.keys(values).length}`;
      values[placeholder] = encodeValue(value);
      return placeholder;
    },
  };
}

const isEmpty = (map: object): boolean => Object.keys(map).length === 0;
